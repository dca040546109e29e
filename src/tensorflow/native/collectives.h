// Collective operations: one server a process, through which the processes of a cluster exchange tensors.
#pragma once
#include "core.h"

namespace slimlab {

// enableCollectives(serverDef): serves and uses what the ServerDef says. TensorFlow makes its devices anew, as
// "/job:worker/replica:0/task:<i>/…": the vendor's name of the device, by which it places tensors, follows.
static napi_value EnableCollectives(napi_env env, napi_callback_info info) {
  const std::string server = Arguments(env, info).bytes(0);
  Status status;
  TFE_EnableCollectiveOps(Context(env), server.data(), server.size(), status.raw);
  if (!status.ok()) return Throw(env, status);
  TF_DeviceList *devices = TFE_ContextListDevices(Context(env), status.raw);
  if (!status.ok()) return Throw(env, status);
  const char *wanted = Backend(env)->is_gpu_device ? "GPU" : "CPU";
  for (int i = 0; i < TF_DeviceListCount(devices); i++) {
    if (std::strcmp(TF_DeviceListType(devices, i, status.raw), wanted) != 0) continue;
    Backend(env)->*MemberOf(DeviceTag()) = TF_DeviceListName(devices, i, status.raw);
    break;
  }
  TF_DeleteDeviceList(devices);
  return Undefined(env);
}

// abortCollectives(message): what is under way ends with it as UNAVAILABLE, and so does each later collective.
static napi_value AbortCollectives(napi_env env, napi_callback_info info) {
  Status reason;
  TF_SetStatus(reason.raw, TF_UNAVAILABLE, Arguments(env, info).text(0).c_str());
  TFE_AbortCollectiveOps(Context(env), reason.raw);
  return Undefined(env);
}

// checkPeer(task, timeoutMs) -> a promise: kept if the task answers and is the process that it was, on libuv's pool.
struct PeerCheck {
  TFE_Context *context = nullptr;
  std::string task;
  int64_t timeout = 0;
  Status status;
  napi_async_work work = nullptr;
  napi_deferred deferred = nullptr;
};
static napi_value CheckPeer(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  PeerCheck *check = new PeerCheck();
  check->context = Context(env);
  check->task = args.text(0);
  check->timeout = args.integer(1);
  napi_value promise, name;
  napi_create_promise(env, &check->deferred, &promise);
  napi_create_string_utf8(env, "slimlab.checkPeer", NAPI_AUTO_LENGTH, &name);
  napi_create_async_work(
      env, nullptr, name,
      [](napi_env, void *data) {
        PeerCheck *check = static_cast<PeerCheck *>(data);
        TFE_CollectiveOpsCheckPeerHealth(check->context, check->task.c_str(), check->timeout, check->status.raw);
      },
      [](napi_env env, napi_status, void *data) {
        std::unique_ptr<PeerCheck> check(static_cast<PeerCheck *>(data));
        if (check->status.ok()) napi_resolve_deferred(env, check->deferred, Undefined(env));
        else napi_reject_deferred(env, check->deferred, MakeError(env, CodeName(TF_GetCode(check->status.raw)), TF_Message(check->status.raw)));
        napi_delete_async_work(env, check->work);
      },
      check, &check->work);
  napi_queue_async_work(env, check->work);
  return promise;
}

}  // namespace slimlab
