// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package gaussdbsim

const raceDetector = false
