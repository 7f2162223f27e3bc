// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

// The error numbers of DMS (dms_error.h), named as there.
const (
	CodeSecurecCheckFail                    Code = 10001 // a bounded copy of memory or text failed
	CodeCommonMsgAck                        Code = 10002 // a peer answered with an error
	CodeParamNull                           Code = 10003 // a parameter is missing
	CodeCmdInvalid                          Code = 10004 // a message has an unknown command
	CodeAllocFailed                         Code = 10005 // out of memory
	CodeParamInvalid                        Code = 10006 // a parameter is not valid
	CodeCapabilityNotSupport                Code = 10007 // this build does not have the ability
	CodeCommonCopyPageidFail                Code = 10008 // a page id could not be copied
	CodeSendMsgFailed                       Code = 10009 // a message could not be sent
	CodeRecvMsgFailed                       Code = 10010 // no answer came in time
	CodeCommonCBBFailed                     Code = 10011 // a call of the base library failed
	CodeMFCNoTickets                        Code = 10012 // no tickets are left for messages to the instance
	CodeMESInvalidMsg                       Code = 10013 // a message is malformed
	CodeInitLogFailed                       Code = 10014 // the log could not be opened
	CodeProtocolVersionNotMatch             Code = 10015 // the peer speaks another version of the protocol
	CodeProtocolVersionNotSupport           Code = 10016 // the version of the protocol is not supported
	CodeDCSPageMasterID                     Code = 11001 // the keeper of a page's entry is not known
	CodeDCSAskForResMsgFault                Code = 11002 // an answer to a request for a page is malformed
	CodeDCSReadLocalPage                    Code = 11003 // a page could not be read from the own buffer
	CodeDCSBroadcastFailed                  Code = 11004 // not all instances received a broadcast
	CodeDCSGetTxnInfoFailed                 Code = 11005 // the state of a transaction could not be had from its instance
	CodeDCSGetTxnSnapshotFailed             Code = 11006 // a snapshot could not be had from its instance
	CodeDCSSendEDPFailed                    Code = 11007 // an older copy of a page could not be given up
	CodeDCSGetUpdateXIDFailed               Code = 11008 // the updating transaction of a row could not be had from its instance
	CodeDCSGetTxnStatusFailed               Code = 11009 // the status of a transaction could not be had from its instance
	CodeDCSGetXIDCSNFailed                  Code = 11010 // the commit number of a transaction could not be had from its instance
	CodeDCSLockBufferFailed                 Code = 11011 // a buffer could not be locked on another instance
	CodeDCSGetPageInBufferFailed            Code = 11012 // a page is not in the buffer of the instance that should have it
	CodeDCSPageChecksumFailed               Code = 11013 // a page arrived with a wrong checksum
	CodeDCSReformVisitRes                   Code = 11014 // a reform works on the page or lock
	CodeDCSGetDiskLSNFailed                 Code = 11015 // a page's position on disk is not known
	CodeDRCResSizeTooSmall                  Code = 13001 // a resource's id is too short
	CodeDRCReqOwnerTypeNotExpect            Code = 13002 // a request is of an unexpected type
	CodeDRCPagePoolCapacityNotEnough        Code = 13003 // the directory of pages is full
	CodeDRCEnqItemCapacityNotEnough         Code = 13004 // the queue of waiting requests is full
	CodeDRCPageNotFound                     Code = 13005 // the directory has no entry for the page
	CodeDRCLockAbandonTry                   Code = 13006 // the lock was given up after too many tries
	CodeDRCPageMasterNotFound               Code = 13007 // the keeper of the page's entry is not known
	CodeDRCConflictWithOtherReqer           Code = 13008 // another instance asks for the same resource
	CodeDRCLockMasterNotFound               Code = 13009 // the keeper of the lock's entry is not known
	CodeDRCRecoveryPage                     Code = 13010 // the page is in recovery, try again
	CodeDRCLockStatusFail                   Code = 13011 // the lock is in another state than expected
	CodeDRCInvalidRepeatRequest             Code = 13012 // the request was made twice
	CodeDRCInvalid                          Code = 13013 // an entry of the directory is not valid
	CodeDRCIsRecycling                      Code = 13014 // the entry is being given back
	CodeDRCXAMasterNotFound                 Code = 13015 // the keeper of a distributed transaction is not known
	CodeDRCXAPoolCapacityNotEnough          Code = 13016 // the directory of distributed transactions is full
	CodeDRCXAResAlreadyExists               Code = 13017 // the distributed transaction is there already
	CodeDRCXAResNotExists                   Code = 13018 // there is no such distributed transaction
	CodeDLSTryReleaseLockFailed             Code = 15001 // a lock could not be released
	CodeDLSTryLockFailed                    Code = 15002 // a lock could not be taken
	CodeCallbackAllocCRCursor               Code = 16001 // the database gave no cursor for a consistent read
	CodeCallbackGetHeapInvisibleTxnList     Code = 16002 // the database gave no list of invisible transactions of a heap page
	CodeCallbackGetIndexInvisibleTxnList    Code = 16003 // the database gave no list of invisible transactions of an index page
	CodeCallbackReorganizeHeapPageWithUndo  Code = 16004 // the database could not take a heap page back in time
	CodeCallbackReorganizeIndexPageWithUndo Code = 16005 // the database could not take an index page back in time
	CodeCallbackReadPage                    Code = 16006 // the database could not read a page
	CodeCallbackStackPush                   Code = 16007 // the database could not keep a page on its stack
	CodeCallbackRCUndoInit                  Code = 16008 // the database could not prepare its undo space
	CodeCallbackRCTXAreaInit                Code = 16009 // the database could not prepare its transactions
	CodeCallbackRCTXAreaLoad                Code = 16010 // the database could not load its transactions
	CodeCallbackGetDBHandle                 Code = 16011 // the database gave no session
	CodeCallbackFlushCopy                   Code = 16012 // the database could not write a copy of a page
	CodeCallbackGetTxnInfo                  Code = 16013 // the database does not know the transaction
	CodeReformSwitchoverNotFinished         Code = 17001 // the last switchover is not over
	CodeReformFailGetStatList               Code = 17002 // CM gave no list of the instances
	CodeReformSwitchoverNotReformer         Code = 17003 // the instance is not the reformer
	CodeReformNotFinished                   Code = 17004 // the reform is not over
	CodeReformSaveListStableFailed          Code = 17005 // the list of members could not be saved
	CodeReformFail                          Code = 17006 // the reform failed
	CodeReformInProcess                     Code = 17007 // a reform is under way
	CodeReformGetLockFailed                 Code = 17008 // CM's lock or its owner could not be had
	CodeReformLmodeVLDTPanic                Code = 17009 // the directory contradicts itself in a lock's mode
	CodeReformLSNVLDTPanic                  Code = 17010 // the directory contradicts itself in a page's position
)

// codeRow names one number.
type codeRow struct {
	code       Code
	name, text string
}

// codes are the numbers with their names and meanings, by number. The texts are
// this package's; the library's own, with the facts of the case, come from
// dms_get_error.
var codes = [...]codeRow{
	{CodeSecurecCheckFail, "ERRNO_DMS_SECUREC_CHECK_FAIL", "a bounded copy of memory or text failed"},
	{CodeCommonMsgAck, "ERRNO_DMS_COMMON_MSG_ACK", "a peer answered with an error"},
	{CodeParamNull, "ERRNO_DMS_PARAM_NULL", "a parameter is missing"},
	{CodeCmdInvalid, "ERRNO_DMS_CMD_INVALID", "a message has an unknown command"},
	{CodeAllocFailed, "ERRNO_DMS_ALLOC_FAILED", "out of memory"},
	{CodeParamInvalid, "ERRNO_DMS_PARAM_INVALID", "a parameter is not valid"},
	{CodeCapabilityNotSupport, "ERRNO_DMS_CAPABILITY_NOT_SUPPORT", "this build does not have the ability"},
	{CodeCommonCopyPageidFail, "ERRNO_DMS_COMMON_COPY_PAGEID_FAIL", "a page id could not be copied"},
	{CodeSendMsgFailed, "ERRNO_DMS_SEND_MSG_FAILED", "a message could not be sent"},
	{CodeRecvMsgFailed, "ERRNO_DMS_RECV_MSG_FAILED", "no answer came in time"},
	{CodeCommonCBBFailed, "ERRNO_DMS_COMMON_CBB_FAILED", "a call of the base library failed"},
	{CodeMFCNoTickets, "ERRNO_DMS_MFC_NO_TICKETS", "no tickets are left for messages to the instance"},
	{CodeMESInvalidMsg, "ERRNO_DMS_MES_INVALID_MSG", "a message is malformed"},
	{CodeInitLogFailed, "ERRNO_DMS_INIT_LOG_FAILED", "the log could not be opened"},
	{CodeProtocolVersionNotMatch, "ERRNO_DMS_PROTOCOL_VERSION_NOT_MATCH", "the peer speaks another version of the protocol"},
	{CodeProtocolVersionNotSupport, "ERRNO_DMS_PROTOCOL_VERSION_NOT_SUPPORT", "the version of the protocol is not supported"},
	{CodeDCSPageMasterID, "ERRNO_DMS_DCS_PAGE_MASTER_ID", "the keeper of a page's entry is not known"},
	{CodeDCSAskForResMsgFault, "ERRNO_DMS_DCS_ASK_FOR_RES_MSG_FAULT", "an answer to a request for a page is malformed"},
	{CodeDCSReadLocalPage, "ERRNO_DMS_DCS_READ_LOCAL_PAGE", "a page could not be read from the own buffer"},
	{CodeDCSBroadcastFailed, "ERRNO_DMS_DCS_BROADCAST_FAILED", "not all instances received a broadcast"},
	{CodeDCSGetTxnInfoFailed, "ERRNO_DMS_DCS_GET_TXN_INFO_FAILED", "the state of a transaction could not be had from its instance"},
	{CodeDCSGetTxnSnapshotFailed, "ERRNO_DMS_DCS_GET_TXN_SNAPSHOT_FAILED", "a snapshot could not be had from its instance"},
	{CodeDCSSendEDPFailed, "ERRNO_DMS_DCS_SEND_EDP_FAILED", "an older copy of a page could not be given up"},
	{CodeDCSGetUpdateXIDFailed, "ERRNO_DMS_DCS_GET_UPDATE_XID_FAILED", "the updating transaction of a row could not be had from its instance"},
	{CodeDCSGetTxnStatusFailed, "ERRNO_DMS_DCS_GET_TXN_STATUS_FAILED", "the status of a transaction could not be had from its instance"},
	{CodeDCSGetXIDCSNFailed, "ERRNO_DMS_DCS_GET_XID_CSN_FAILED", "the commit number of a transaction could not be had from its instance"},
	{CodeDCSLockBufferFailed, "ERRNO_DMS_DCS_LOCK_BUFFER_FAILED", "a buffer could not be locked on another instance"},
	{CodeDCSGetPageInBufferFailed, "ERRNO_DMS_DCS_GET_PAGE_IN_BUFFER_FAILED", "a page is not in the buffer of the instance that should have it"},
	{CodeDCSPageChecksumFailed, "ERRNO_DMS_DCS_PAGE_CHECKSUM_FAILED", "a page arrived with a wrong checksum"},
	{CodeDCSReformVisitRes, "ERRNO_DMS_DCS_REFORM_VISIT_RES", "a reform works on the page or lock"},
	{CodeDCSGetDiskLSNFailed, "ERRNO_DMS_DCS_GET_DISK_LSN_FAILED", "a page's position on disk is not known"},
	{CodeDRCResSizeTooSmall, "ERRNO_DMS_DRC_RES_SIZE_TOO_SMALL", "a resource's id is too short"},
	{CodeDRCReqOwnerTypeNotExpect, "ERRNO_DMS_DRC_REQ_OWNER_TYPE_NOT_EXPECT", "a request is of an unexpected type"},
	{CodeDRCPagePoolCapacityNotEnough, "ERRNO_DMS_DRC_PAGE_POOL_CAPACITY_NOT_ENOUGH", "the directory of pages is full"},
	{CodeDRCEnqItemCapacityNotEnough, "ERRNO_DMS_DRC_ENQ_ITEM_CAPACITY_NOT_ENOUGH", "the queue of waiting requests is full"},
	{CodeDRCPageNotFound, "ERRNO_DMS_DRC_PAGE_NOT_FOUND", "the directory has no entry for the page"},
	{CodeDRCLockAbandonTry, "ERRNO_DMS_DRC_LOCK_ABANDON_TRY", "the lock was given up after too many tries"},
	{CodeDRCPageMasterNotFound, "ERRNO_DMS_DRC_PAGE_MASTER_NOT_FOUND", "the keeper of the page's entry is not known"},
	{CodeDRCConflictWithOtherReqer, "ERRNO_DMS_DRC_CONFLICT_WITH_OTHER_REQER", "another instance asks for the same resource"},
	{CodeDRCLockMasterNotFound, "ERRNO_DMS_DRC_LOCK_MASTER_NOT_FOUND", "the keeper of the lock's entry is not known"},
	{CodeDRCRecoveryPage, "ERRNO_DMS_DRC_RECOVERY_PAGE", "the page is in recovery, try again"},
	{CodeDRCLockStatusFail, "ERRNO_DMS_DRC_LOCK_STATUS_FAIL", "the lock is in another state than expected"},
	{CodeDRCInvalidRepeatRequest, "ERRNO_DMS_DRC_INVALID_REPEAT_REQUEST", "the request was made twice"},
	{CodeDRCInvalid, "ERRNO_DMS_DRC_INVALID", "an entry of the directory is not valid"},
	{CodeDRCIsRecycling, "ERRNO_DMS_DRC_IS_RECYCLING", "the entry is being given back"},
	{CodeDRCXAMasterNotFound, "ERRNO_DMS_DRC_XA_MASTER_NOT_FOUND", "the keeper of a distributed transaction is not known"},
	{CodeDRCXAPoolCapacityNotEnough, "ERRNO_DMS_DRC_XA_POOL_CAPACITY_NOT_ENOUGH", "the directory of distributed transactions is full"},
	{CodeDRCXAResAlreadyExists, "ERRNO_DMS_DRC_XA_RES_ALREADY_EXISTS", "the distributed transaction is there already"},
	{CodeDRCXAResNotExists, "ERRNO_DMS_DRC_XA_RES_NOT_EXISTS", "there is no such distributed transaction"},
	{CodeDLSTryReleaseLockFailed, "ERRNO_DMS_DLS_TRY_RELEASE_LOCK_FAILED", "a lock could not be released"},
	{CodeDLSTryLockFailed, "ERRNO_DMS_DLS_TRY_LOCK_FAILED", "a lock could not be taken"},
	{CodeCallbackAllocCRCursor, "ERRNO_DMS_CALLBACK_ALLOC_CR_CURSOR", "the database gave no cursor for a consistent read"},
	{CodeCallbackGetHeapInvisibleTxnList, "ERRNO_DMS_CALLBACK_GET_HEAP_INVISIBLE_TXN_LIST", "the database gave no list of invisible transactions of a heap page"},
	{CodeCallbackGetIndexInvisibleTxnList, "ERRNO_DMS_CALLBACK_GET_INDEX_INVISIBLE_TXN_LIST", "the database gave no list of invisible transactions of an index page"},
	{CodeCallbackReorganizeHeapPageWithUndo, "ERRNO_DMS_CALLBACK_REORGANIZE_HEAP_PAGE_WITH_UNDO", "the database could not take a heap page back in time"},
	{CodeCallbackReorganizeIndexPageWithUndo, "ERRNO_DMS_CALLBACK_REORGANIZE_INDEX_PAGE_WITH_UNDO", "the database could not take an index page back in time"},
	{CodeCallbackReadPage, "ERRNO_DMS_CALLBACK_READ_PAGE", "the database could not read a page"},
	{CodeCallbackStackPush, "ERRNO_DMS_CALLBACK_STACK_PUSH", "the database could not keep a page on its stack"},
	{CodeCallbackRCUndoInit, "ERRNO_DMS_CALLBACK_RC_UNDO_INIT", "the database could not prepare its undo space"},
	{CodeCallbackRCTXAreaInit, "ERRNO_DMS_CALLBACK_RC_TX_AREA_INIT", "the database could not prepare its transactions"},
	{CodeCallbackRCTXAreaLoad, "ERRNO_DMS_CALLBACK_RC_TX_AREA_LOAD", "the database could not load its transactions"},
	{CodeCallbackGetDBHandle, "ERRNO_DMS_CALLBACK_GET_DB_HANDLE", "the database gave no session"},
	{CodeCallbackFlushCopy, "ERRNO_DMS_CALLBACK_FLUSH_COPY", "the database could not write a copy of a page"},
	{CodeCallbackGetTxnInfo, "ERRNO_DMS_CALLBACK_GET_TXN_INFO", "the database does not know the transaction"},
	{CodeReformSwitchoverNotFinished, "ERRNO_DMS_REFORM_SWITCHOVER_NOT_FINISHED", "the last switchover is not over"},
	{CodeReformFailGetStatList, "ERRNO_DMS_REFORM_FAIL_GET_STAT_LIST", "CM gave no list of the instances"},
	{CodeReformSwitchoverNotReformer, "ERRNO_DMS_REFORM_SWITCHOVER_NOT_REFORMER", "the instance is not the reformer"},
	{CodeReformNotFinished, "ERRNO_DMS_REFORM_NOT_FINISHED", "the reform is not over"},
	{CodeReformSaveListStableFailed, "ERRNO_DMS_REFORM_SAVE_LIST_STABLE_FAILED", "the list of members could not be saved"},
	{CodeReformFail, "ERRNO_DMS_REFORM_FAIL", "the reform failed"},
	{CodeReformInProcess, "ERRNO_DMS_REFORM_IN_PROCESS", "a reform is under way"},
	{CodeReformGetLockFailed, "ERRNO_DMS_REFORM_GET_LOCK_FAILED", "CM's lock or its owner could not be had"},
	{CodeReformLmodeVLDTPanic, "ERRNO_DMS_REFORM_LMODE_VLDT_PANIC", "the directory contradicts itself in a lock's mode"},
	{CodeReformLSNVLDTPanic, "ERRNO_DMS_REFORM_LSN_VLDT_PANIC", "the directory contradicts itself in a page's position"},
}
