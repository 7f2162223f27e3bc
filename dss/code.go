// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"slices"
	"strconv"
)

// Code is DSS's number of an error. The texts are this package's own, short
// ones; what the server said in the case at hand is in [Error].
type Code int

// The numbers that programs branch on. [Code.Name] knows all.
const (
	CodeVolumeGroupNotExist Code = 2040 // no such volume group
	CodeVolumeRead          Code = 2070 // the volume could not be read; EINVAL means misaligned
	CodeVolumeWrite         Code = 2080 // the volume could not be written
	CodeFence               Code = 2120 // fencing is not possible, this host is not registered
	CodePermission          Code = 2181 // the file was not opened for this
	CodeNotExist            Code = 2190 // no such file or directory
	CodeWrongType           Code = 2192 // a directory where a file was expected, or the like
	CodeBadPath             Code = 2193 // not a path
	CodeNotEmpty            Code = 2231 // the directory is not empty
	CodeExist               Code = 2241 // the name exists
	CodeNotLink             Code = 2281 // not a link
	CodeInvalid             Code = 2400 // an invalid argument
	CodeNoSpace             Code = 2401 // the volume group is full
	CodeClient              Code = 2403 // a request failed; the errors before it say why
	CodeServerDown          Code = 2406 // the server is down
	CodeRemote              Code = 2417 // failed on the master; its error is inside
	CodeConnect             Code = 2418 // the server cannot be reached
	CodeVersion             Code = 2419 // the server speaks another version of the protocol
	CodeServerRestarted     Code = 2421 // a process can serve one life of a server only
	CodeUnsupported         Code = 2422 // the server does not know the request
	CodeNotMaster           Code = 2425 // only the master can do it
	CodeMasterChanged       Code = 2498 // the master changed meanwhile
	CodeRecovery            Code = 2499 // broken off by recovery, try again
	CodeUnknownName         Code = 108  // no such parameter
	CodeBadParameter        Code = 112  // the parameter cannot be changed, or not to that
	CodeConnectionClosed    Code = 304  // the connection is closed
	CodeTimeout             Code = 305  // no answer in time
)

// codes has all numbers, in order: dss_errno.h of DSS, and of CBB's cm_error.h
// those that clients of DSS have met.
var codes = [...]struct {
	code       Code
	name, text string
}{
	{101, "ERR_BUFFER_OVERFLOW", "buffer is too small"},
	{108, "ERR_INVALID_VALUE", "no such name"},
	{112, "ERR_INVALID_PARAM", "invalid parameter or value"},
	{304, "ERR_PEER_CLOSED", "connection is closed"},
	{305, "ERR_TCP_TIMEOUT", "no answer in time"},
	{319, "ERR_PACKET_SEND", "request does not fit"},
	{2000, "ERR_DSS_VG_CREATE", "volume group cannot be created"},
	{2010, "ERR_DSS_VG_LOCK", "volume group cannot be locked"},
	{2020, "ERR_DSS_VG_REMOVE", "volume with the superblock cannot be removed"},
	{2030, "ERR_DSS_VG_CHECK", "volume group does not pass its check"},
	{2031, "ERR_DSS_VG_CHECK_NOT_INIT", "volume group is not initialized"},
	{2040, "ERR_DSS_VG_NOT_EXIST", "no such volume group"},
	{2050, "ERR_DSS_VOLUME_SYSTEM_IO", "I/O error of a volume"},
	{2060, "ERR_DSS_VOLUME_OPEN", "volume cannot be opened"},
	{2070, "ERR_DSS_VOLUME_READ", "volume cannot be read"},
	{2080, "ERR_DSS_VOLUME_WRITE", "volume cannot be written"},
	{2090, "ERR_DSS_VOLUME_SEEK", "volume has no such offset"},
	{2100, "ERR_DSS_VOLUME_ADD", "volume cannot be added"},
	{2101, "ERR_DSS_VOLUME_EXISTED", "volume is in the group already"},
	{2110, "ERR_DSS_VOLUME_REMOVE", "volume cannot be removed"},
	{2111, "ERR_DSS_VOLUME_NOEXIST", "volume is not in the group"},
	{2112, "ERR_DSS_VOLUME_REMOVE_NONEMPTY", "volume is not empty"},
	{2113, "ERR_DSS_VOLUME_REMOVE_SUPER_BLOCK", "volume holds the superblock"},
	{2114, "ERR_DSS_VOLUME_REPLACE", "volume cannot be replaced"},
	{2120, "ERR_DSS_VOLUME_FENCE_CHECK_COND", "fencing is not possible"},
	{2130, "ERR_DSS_FILE_SEEK", "file has no such offset"},
	{2140, "ERR_DSS_FILE_REMOVE", "file cannot be removed"},
	{2141, "ERR_DSS_FILE_REMOVE_OPENING", "file is open"},
	{2142, "ERR_DSS_FILE_REMOVE_SYSTEM", "system file cannot be removed"},
	{2150, "ERR_DSS_FILE_RENAME", "file cannot be renamed so"},
	{2151, "ERR_DSS_FILE_RENAME_DIFF_VG", "file cannot be renamed into another volume group"},
	{2152, "ERR_DSS_FILE_RENAME_EXIST", "target of the renaming exists"},
	{2153, "ERR_DSS_FILE_RENAME_OPENING_REMOTE", "file is open on another instance"},
	{2160, "ERR_DSS_FILE_CLOSE", "file cannot be closed"},
	{2170, "ERR_DSS_FILE_CREATE", "file cannot be created"},
	{2180, "ERR_DSS_FILE_RDWR", "file cannot be read or written"},
	{2181, "ERR_DSS_FILE_RDWR_INSUFF_PER", "file was not opened for this"},
	{2190, "ERR_DSS_FILE_NOT_EXIST", "no such file or directory"},
	{2191, "ERR_DSS_FILE_OPENING_REMOTE", "file is open on another instance"},
	{2192, "ERR_DSS_FILE_TYPE_MISMATCH", "neither the file, directory nor link that was expected"},
	{2193, "ERR_DSS_FILE_PATH_ILL", "not a path"},
	{2194, "ERR_DSS_FILE_INVALID_SIZE", "file cannot grow to this size"},
	{2230, "ERR_DSS_DIR_REMOVE", "directory cannot be removed"},
	{2231, "ERR_DSS_DIR_REMOVE_NOT_EMPTY", "directory is not empty"},
	{2240, "ERR_DSS_DIR_CREATE", "directory cannot be created"},
	{2241, "ERR_DSS_DIR_CREATE_DUPLICATED", "file or directory exists"},
	{2280, "ERR_DSS_LINK_READ", "link cannot be read"},
	{2281, "ERR_DSS_LINK_READ_NOT_LINK", "not a link"},
	{2290, "ERR_DSS_LINK_CREATE", "link cannot be created"},
	{2300, "ERR_DSS_CONFIG_FILE_OVERSIZED", "configuration file is too large"},
	{2301, "ERR_DSS_CONFIG_LOAD", "dss_vg_conf.ini cannot be used"},
	{2302, "ERR_DSS_CONFIG_LINE_OVERLONG", "line of a configuration file is too long"},
	{2320, "ERR_DSS_REDO_ILL", "redo log is damaged"},
	{2350, "ERR_DSS_OAMAP_INSERT", "table entry cannot be added"},
	{2351, "ERR_DSS_OAMAP_INSERT_DUP_KEY", "table entry exists"},
	{2352, "ERR_DSS_OAMAP_FETCH", "table entry cannot be found"},
	{2360, "ERR_DSS_SWITCH", "master cannot be switched"},
	{2370, "ERR_DSS_SHM_CREATE", "shared memory cannot be created"},
	{2371, "ERR_DSS_SHM_CHECK", "shared memory does not pass its check"},
	{2372, "ERR_DSS_SHM_LOCK", "shared memory cannot be locked"},
	{2373, "ERR_DSS_SHM_LOCK_TIMEOUT", "shared memory is locked"},
	{2380, "ERR_DSS_GA_INIT", "shared objects cannot be initialized"},
	{2381, "ERR_DSS_GA_GET_ADDR", "no such shared object"},
	{2382, "ERR_DSS_GA_ALLOC_OBJECT", "no room for shared objects"},
	{2390, "ERR_DSS_SESSION_INVALID_ID", "no such session"},
	{2391, "ERR_DSS_SESSION_CREATE", "all sessions are in use"},
	{2392, "ERR_DSS_SESSION_EXTEND", "no room for sessions"},
	{2400, "ERR_DSS_INVALID_PARAM", "invalid argument"},
	{2401, "ERR_DSS_NO_SPACE", "no space left in the volume group"},
	{2402, "ERR_DSS_ENV_NOT_INITIALIZED", "library is not initialized"},
	{2403, "ERR_DSS_CLI_EXEC_FAIL", "request to the server failed"},
	{2404, "ERR_DSS_FNODE_CHECK", "file node does not pass its check"},
	{2405, "ERR_DSS_LOCK_TIMEOUT", "lock was not free in time"},
	{2406, "ERR_DSS_SERVER_IS_DOWN", "server is down"},
	{2407, "ERR_DSS_CHECK_SIZE", "size is no multiple of the allocation unit"},
	{2408, "ERR_DSS_MES_ILL", "message between instances failed"},
	{2409, "ERR_DSS_STRING_TOO_LONG", "text is too long"},
	{2410, "ERR_DSS_TCP_TIMEOUT_REMAIN", "request did not arrive in full"},
	{2411, "ERR_DSS_UDS_INVALID_URL", "not the URL of a socket"},
	{2412, "ERR_DSS_RECV_MSG_FAILED", "no message from another instance"},
	{2414, "ERR_DSS_INIT_LOGGER_FAILED", "log cannot be opened"},
	{2415, "ERR_DSS_OUT_OF_MEM", "out of memory"},
	{2416, "ERR_DSS_INVALID_ID", "invalid number"},
	{2417, "ERR_DSS_PROCESS_REMOTE", "request failed on the master"},
	{2418, "ERR_DSS_CONNECT_FAILED", "server cannot be reached"},
	{2419, "ERR_DSS_VERSION_NOT_MATCH", "server speaks another version of the protocol"},
	{2420, "ERR_DSS_INVALID_BLOCK_TYPE", "block is of another type"},
	{2421, "ERR_DSS_SERVER_REBOOT", "server was restarted, this process must be, too"},
	{2422, "ERR_DSS_UNSUPPORTED_CMD", "server does not know the request"},
	{2423, "ERR_DSS_DELETE_QUEUE_IS_FULL", "too many deletions wait"},
	{2424, "ERR_DSS_SEARCH_STACK_IS_FULL", "directories are nested too deep"},
	{2425, "ERR_DSS_NOT_MASTER", "only the master can do this"},
	{2450, "ERR_DSS_HP_LIB_BEGIN", "hot patch"},
	{2451, "ERR_DSS_HP_NOT_INIT", "hot patching is not initialized"},
	{2452, "ERR_DSS_HP_LIB_HAS_LOADED", "hot patch is loaded already"},
	{2453, "ERR_DSS_HP_LIB_NOT_LOADED", "hot patch is not loaded"},
	{2454, "ERR_DSS_HP_LIB_IS_ACTIVED", "hot patch is active already"},
	{2455, "ERR_DSS_HP_LIB_IS_DEACTIVED", "hot patch is not active"},
	{2456, "ERR_DSS_HP_LIB_CRC_FAILED", "hot patch is for another program"},
	{2457, "ERR_DSS_HP_LIB_ERROR", "hot patch failed"},
	{2458, "ERR_DSS_HP_CANNOT_LOAD", "hot patch cannot be loaded now"},
	{2459, "ERR_DSS_HP_CANNOT_ACTIVE", "hot patch cannot be activated now"},
	{2460, "ERR_DSS_HP_CANNOT_DEACTIVE", "hot patch cannot be deactivated now"},
	{2461, "ERR_DSS_HP_CANNOT_UNLOAD", "hot patch cannot be unloaded now"},
	{2462, "ERR_DSS_HP_PATCH_NUMBER", "too many hot patches"},
	{2463, "ERR_DSS_HP_CHECKSUM_FAILED", "list of hot patches is damaged"},
	{2464, "ERR_DSS_HP_NOT_SUPPORT", "hot patching is not supported"},
	{2465, "ERR_DSS_HP_LIB_PATCH_CORRUPTED", "hot patch is damaged"},
	{2466, "ERR_DSS_HP_LIB_PATCH_PERMISSION", "permissions of the hot patch are too wide"},
	{2467, "ERR_DSS_HP_VERSION_DISMATCH", "hot patch is for another version"},
	{2468, "ERR_DSS_HP_PATCH_INFO_LOST", "hot patch is missing in the list"},
	{2470, "ERR_DSS_VERSION_NOT_ALL_SAME", "instances have different versions"},
	{2471, "ERR_DSS_VERSION_BCAST_ERROR", "versions of the instances cannot be told"},
	{2498, "ERR_DSS_MASTER_CHANGE", "master has changed"},
	{2499, "ERR_DSS_RECOVER_CAUSE_BREAK", "request was broken off by recovery"},
}

func (c Code) row() int {
	i, ok := slices.BinarySearchFunc(codes[:], c, func(row struct {
		code       Code
		name, text string
	}, c Code) int {
		return int(row.code - c)
	})
	if !ok {
		return -1
	}
	return i
}

// Name gives DSS's own name, "ERR_DSS_FILE_NOT_EXIST" for instance, and "" for
// a number that it does not have.
func (c Code) Name() string {
	if i := c.row(); i >= 0 {
		return codes[i].name
	}
	return ""
}

// Text says in a few words what it means, "" for an unknown number.
func (c Code) Text() string {
	if i := c.row(); i >= 0 {
		return codes[i].text
	}
	return ""
}

// String gives number and name, "2190 ERR_DSS_FILE_NOT_EXIST" for instance.
func (c Code) String() string {
	if name := c.Name(); name != "" {
		return strconv.Itoa(int(c)) + " " + name
	}
	return strconv.Itoa(int(c))
}
