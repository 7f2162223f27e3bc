// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Step is a step of a reform, by the library's name: "DRC_ACCESS". Numbers of
// steps move between versions of the library, names hardly do, so that a step
// of another version keeps its name. All instances go through the steps
// together.
type Step string

// The steps of openGauss's reforms, roughly in their order.
const (
	StepPrepare         Step = "PREPARE"            // begin together
	StepDisconnect      Step = "DISCONN"            // close connections to those who left
	StepReconnect       Step = "RECONN"             // open connections to those who came
	StepStart           Step = "START"              // the database learns of the reform
	StepDRCInaccess     Step = "DRC_INACCESS"       // the directory of pages and locks is closed
	StepLockInstance    Step = "LOCK_INSTANCE"      // nobody changes the directory any more
	StepFullClean       Step = "FULL_CLEAN"         // the directory is emptied
	StepDemote          Step = "DEMOTE"             // switchover: the primary becomes standby
	StepMigrate         Step = "MIGRATE"            // parts of the directory move to their new keepers
	StepRebuild         Step = "REBUILD"            // the directory is built again from what each instance holds
	StepRemaster        Step = "REMASTER"           // parts of the directory get new keepers
	StepRepair          Step = "REPAIR"             // entries that contradict each other are put right
	StepFailoverPromote Step = "F_PROMOTE"          // failover: a standby becomes primary
	StepStartup         Step = "STARTUP"            // the database begins its recovery
	StepDRCAccess       Step = "DRC_ACCESS"         // the directory is open again
	StepRecovery        Step = "RECOVERY_OPENGAUSS" // the log is replayed
	StepDRCRcyClean     Step = "DRC_RCY_CLEAN"      // marks of the recovery are taken off the directory
	StepPageAccess      Step = "PAGE_ACCESS"        // pages can be used again
	StepSwitchLock      Step = "SWITCH_LOCK"        // switchover: CM's lock moves; from here on there is no way back
	StepSwitchPromote   Step = "S_PROMOTE"          // switchover: the standby becomes primary
	StepDRCValidate     Step = "DRC_VALIDATE"       // the directory is checked
	StepSuccess         Step = "SUCCESS"            // the new members are written down
	StepDone            Step = "DONE"               // the database learns that it is over
	StepDoneCheck       Step = "DONE_CHECK"         // all wait until the database is ready
	StepSyncWait        Step = "SYNC_WAIT"          // wait for the others, between steps
	StepSelfFail        Step = "SELF_FAIL"          // this instance failed
	StepReformFail      Step = "REFORM_FAIL"        // the reformer said that the reform failed
	StepNone            Step = "N/A"                // behind the last
)

// stepNames are all steps of the library by number, version 179 (dms_reform.h,
// reform_step_t; dms_reform_proc.c, g_dms_reform_procs).
var stepNames = [...]Step{
	"DONE", "PREPARE", "START", "DISCONN", "RECONN", "DRC_CLEAN", "FULL_CLEAN", "MIGRATE", "REBUILD", "REMASTER",
	"REPAIR", "SWITCH_LOCK", "DEMOTE", "RECOVERY", "RECOVERY_OPENGAUSS", "DRC_RCY_CLEAN", "CTL_RCY_CLEAN", "TXN_DEPOSIT", "ROLLBACK_PREPARE", "ROLLBACK_START",
	"SUCCESS", "SELF_FAIL", "REFORM_FAIL", "SYNC_WAIT", "PAGE_ACCESS", "DW_RECOVERY", "DF_RECOVERY", "SPACE_RELOAD", "DRC_ACCESS", "DRC_INACCESS",
	"S_PROMOTE", "F_PROMOTE", "STARTUP", "DONE_CHECK", "SET_PHASE", "WAIT_DB", "FILE_UNBLOCKED", "FILE_BLOCKED", "UPDATE_SCN", "WAIT_CKPT",
	"DRC_VALIDATE", "LOCK_INSTANCE", "PUSH_GCV_AND_UNLOCK", "SET_REMOVE_POINT", "RESET_USER", "RECOVERY_ANALYSE", "XA_DRC_ACCESS", "DDL_2PHASE_DRC_ACCESS", "DDL_2PHASE_RCY", "DRC_LOCK_ACCESS",
	"SET_CURR_POINT", "UPDATE_REMOVE_NODE_CTRL", "STANDBY_STOP_THREAD", "RELOAD_NODE_CTRL", "STANDBY_SET_ONLINE_LIST", "STOP_SERVER", "RESUME_SERVER_REFORMER", "RESUME_SERVER_PARTNER", "START_LRPL", "STOP_LRPL",
	"CALIBRATE_LOG_FILE", "AZ_SWITCH_DEMOTE_PHASE1", "AZ_SWITCH_DEMOTE_STOP_CKPT", "AZ_SWITCH_DEMOTE_UPDATE_CTRL", "AZ_SWITCH_DEMOTE_CHANGE_ROLE", "AZ_SWITCH_DEMOTE_APPROVE", "AZ_SWITCH_DEMOTE_PHASE2", "AZ_SWITCH_PROMOTE_PREPARE", "AZ_SWITCH_PROMOTE_PHASE1", "AZ_SWITCH_PROMOTE_PHASE2",
	"AZ_FAILOVER_PROMOTE_PHASE1", "AZ_FAILOVER_PROMOTE_RESETLOG", "AZ_FAILOVER_PROMOTE_PHASE2", "RELOAD_TXN", "SYNC_NODE_LFN", "AZ_SWITCH_PROMOTE_SWITCH_LOG", "AZ_PROMOTE_SUCCESS",
}

// Steps yields the steps that version 179 of the library knows, with their
// numbers there.
func Steps() iter.Seq2[int, Step] {
	return func(yield func(int, Step) bool) {
		for i, s := range stepNames {
			if !yield(i, s) {
				return
			}
		}
	}
}

// IsKnown reports whether version 179 of the library has the step.
func (s Step) IsKnown() bool { return slices.Contains(stepNames[:], s) }

// IsFailure reports whether a reform that is at the step has failed.
func (s Step) IsFailure() bool { return s == StepSelfFail || s == StepReformFail }

// Judgement is what an instance was told to do in a reform: the line that it
// writes into its log pg_log/DMS/run/dms.rlog when the reformer has decided.
type Judgement struct {
	Instance    int
	Role        Role
	Centralized bool // the primary keeps the whole directory (ss_enable_catalog_centralized)
	Type        ReformType
	FullClean   bool   // the directory is emptied first
	TwoPhaseDDL bool   // not used by openGauss
	Steps       []Step // in their order
}

// judgementKeys are the fields of the line, in their order
// (dms_reform_judge.c, dms_reform_judgement_step_log).
var judgementKeys = [...]string{"inst_id", "role", "catalog", "reform_type", "full_clean", "ddl_2phase", "step"}

// ParseJudgement reads the line. False means that a line is none, which is no
// error; older versions of the library write fewer fields. The error wraps
// [ErrFormat].
func ParseJudgement(line string) (Judgement, bool, error) {
	_, body, ok := strings.Cut(line, "[DMS REFORM]"+judgementKeys[0]+":")
	if !ok || !strings.Contains(body, ", step:") {
		return Judgement{}, false, nil
	}
	var j Judgement
	rest := judgementKeys[0] + ":" + strings.TrimRight(body, "\r\n")
	for rest != "" {
		var field string
		if field, rest, _ = strings.Cut(rest, ", "); field == "" {
			continue
		}
		key, value, _ := strings.Cut(field, ":")
		if err := j.set(key, value); err != nil {
			return Judgement{}, true, fmt.Errorf("dms: read judgement: field %s: %w", key, err)
		}
	}
	return j, true, nil
}

// set stores a field. One that is not known is left alone.
func (j *Judgement) set(key, value string) (err error) {
	switch key {
	case "inst_id":
		j.Instance, err = parseInt(value)
	case "role":
		j.Role, err = ParseRole(value)
	case "catalog":
		j.Centralized = value == "centralized"
	case "reform_type":
		j.Type, err = ParseReformType(value)
	case "full_clean":
		j.FullClean, err = parseFlag(value)
	case "ddl_2phase":
		j.TwoPhaseDDL, err = parseFlag(value)
	case "step":
		for name := range strings.SplitSeq(value, "-") {
			j.Steps = append(j.Steps, Step(name))
		}
	}
	return err
}

// String returns the line as the library writes it, without what its log puts
// in front.
func (j Judgement) String() string {
	number, catalog := map[bool]int{true: 1}, "distributed"
	if j.Centralized {
		catalog = "centralized"
	}
	steps := make([]string, len(j.Steps))
	for i, s := range j.Steps {
		steps[i] = string(s)
	}
	return fmt.Sprintf("[DMS REFORM]inst_id:%d, role:%s, catalog:%s, reform_type:%s, full_clean:%d, ddl_2phase:%d, step:%s",
		j.Instance, j.Role, catalog, j.Type.library(), number[j.FullClean], number[j.TwoPhaseDDL], strings.Join(steps, "-"))
}

// library returns the type as the library writes it.
func (t ReformType) library() string {
	if !reformTypeWords.has(int(t)) || t == ReformFailover {
		t = ReformUnknown // the library has no text for the other products' failover
	}
	for _, spelling := range reformTypeWords[t] {
		if spelling == strings.ToUpper(spelling) && !strings.HasPrefix(spelling, "DMS_") {
			return spelling
		}
	}
	return strings.ToUpper(reformTypeWords[t][0])
}

// parseInt reads a number as C's %d or %u prints it, of 31 bits.
func parseInt(s string) (int, error) {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("%w: %s: want a decimal number", ErrFormat, quoteShort(s))
	}
	return int(n), nil
}

// parseFlag reads 0 or 1.
func parseFlag(s string) (bool, error) {
	if s != "0" && s != "1" {
		return false, fmt.Errorf("%w: %s: want 0 or 1", ErrFormat, quoteShort(s))
	}
	return s == "1", nil
}
