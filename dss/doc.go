// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package dss is the shared storage of openGauss from Go.
package dss
