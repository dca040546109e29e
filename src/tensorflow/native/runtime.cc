// The vendor's binding in one translation unit, plus what slimlab needs of the TensorFlow C API:
// functions, asynchronous execution, attributes as protobuf bytes, definitions of operations, shape functions, a checkpoint reader and collectives.
// No vendor file is edited: they are included, and four of their exports are replaced below.
#include "core.h"

#include "absl/log/globals.h"
#include "allocator.h"
#include "checkpoint.h"
#include "collectives.h"
#include "fill.h"
#include "lending.h"
#include "operations.h"
#include "shapes.h"

namespace slimlab {

// --- Tensors --------------------------------------------------------------------------------------------------------
// A handle of a tensor, which is freed; on a GPU floats go there.
static napi_value HandleOf(napi_env env, TF_Tensor *tensor) {
  const TF_DataType dtype = TF_TensorType(tensor);
  Status status;
  TFE_TensorHandle *handle = TFE_NewTensorHandle(tensor, status.raw);
  TF_DeleteTensor(tensor);
  if (!status.ok()) return Throw(env, status);
  const std::string &device = Backend(env)->*MemberOf(DeviceTag());
  if (Backend(env)->is_gpu_device && dtype == TF_FLOAT) {
    TFE_TensorHandle *moved = TFE_TensorHandleCopyToDevice(handle, Context(env), device.c_str(), status.raw);
    TFE_DeleteTensorHandle(handle);
    if (!status.ok()) return Throw(env, status);
    handle = moved;
  }
  return Integer(env, (Backend(env)->*MemberOf(InsertTag()))(handle));
}

// Copies: the vendor shares V8's memory, whose release may then run on a thread of TensorFlow's, where N-API must not be
// called, and is not aligned as TensorFlow wants it.
// createTensor(shape, dtype, typedArray | Uint8Array[]) -> id
static napi_value CreateTensor(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const std::vector<int64_t> shape = Integers(env, args.at(0));
  const TF_DataType dtype = static_cast<TF_DataType>(args.integer(1));
  const std::string misfit = Misfit(env, dtype, shape, args.at(2));
  if (!misfit.empty()) return Throw(env, "INVALID_ARGUMENT", misfit);
  TF_Tensor *tensor = nullptr;
  if (dtype == TF_STRING) {
    const uint32_t size = Length(env, args.at(2));
    tensor = TF_AllocateTensor(dtype, shape.data(), shape.size(), size * sizeof(TF_TString));
    TF_TString *strings = static_cast<TF_TString *>(TF_TensorData(tensor));
    for (uint32_t i = 0; i < size; i++) {
      const std::string value = Arguments::BytesOf(env, Element(env, args.at(2), i));
      TF_TString_Init(&strings[i]);
      TF_TString_Copy(&strings[i], value.data(), value.size());
    }
  } else {
    const Arguments::View bytes = Arguments::ViewOf(env, args.at(2));
    tensor = TF_AllocateTensor(dtype, shape.data(), shape.size(), bytes.length);
    std::memcpy(TF_TensorData(tensor), bytes.data, bytes.length);
  }
  return HandleOf(env, tensor);
}

// endFilling(filling) -> id, once all values are there.
static napi_value EndFilling(napi_env env, napi_callback_info info) {
  Filling &filling = *FillingOf(env, Arguments(env, info).at(0));
  if (filling.tensor == nullptr || filling.done != filling.total)
    return Throw(env, "INVALID_ARGUMENT", "expected " + std::to_string(filling.total) + " values, got " + std::to_string(filling.done));
  TF_Tensor *tensor = filling.tensor;
  filling.tensor = nullptr;
  return HandleOf(env, tensor);
}

// The vendor frees the contents of a string tensor in place; they may be shared with an element of a dataset.
// Deleting the handle is all: TensorFlow counts the references of the buffer.
static TFE_TensorHandle *TakeHandle(napi_env env, int32_t id) {
  auto &handles = Handles(env);
  auto entry = handles.find(id);
  if (entry == handles.end()) { Throw(env, "NOT_FOUND", "Cannot delete tensor " + std::to_string(id) + ": no such handle"); return nullptr; }
  TFE_TensorHandle *handle = entry->second;
  handles.erase(entry);
  return handle;
}
static napi_value DeleteTensor(napi_env env, napi_callback_info info) {
  TFE_TensorHandle *handle = TakeHandle(env, Arguments(env, info).integer(0));
  if (handle == nullptr) return nullptr;
  TFE_DeleteTensorHandle(handle);
  return Undefined(env);
}

// As DeleteTensor, on libuv's pool: the end of a dataset's iterator waits for what is being computed for it.
static napi_value DeleteTensorAsync(napi_env env, napi_callback_info info) {
  struct Deletion {
    TFE_TensorHandle *handle;
    napi_async_work work = nullptr;
  };
  TFE_TensorHandle *handle = TakeHandle(env, Arguments(env, info).integer(0));
  if (handle == nullptr) return nullptr;
  napi_value name;
  napi_create_string_utf8(env, "slimlab.delete", NAPI_AUTO_LENGTH, &name);
  Deletion *deletion = new Deletion{handle};
  napi_create_async_work(
      env, nullptr, name, [](napi_env, void *data) { TFE_DeleteTensorHandle(static_cast<Deletion *>(data)->handle); },
      [](napi_env env, napi_status, void *data) {
        std::unique_ptr<Deletion> deletion(static_cast<Deletion *>(data));
        napi_delete_async_work(env, deletion->work);
      },
      deletion, &deletion->work);
  napi_queue_async_work(env, deletion->work);
  return Undefined(env);
}

// --- Executing ------------------------------------------------------------------------------------------------------
struct Call {
  TFE_Op *op = nullptr;
  std::vector<TFE_TensorHandle *> outputs;
  int count = 0;
  Status status;
  Lending lending;
  napi_async_work work = nullptr;
  napi_deferred deferred = nullptr;
  ~Call() { Release(); }
  void Run() {
    count = outputs.size();
    TFE_Execute(op, outputs.data(), &count, status.raw);
    lending.End();
    Release();  // here, since an iterator that was disposed meanwhile ends with it
  }
  void Release() {
    if (op != nullptr) TFE_DeleteOp(op);
    op = nullptr;
  }
};

// (opName, inputIds, attrNames, attrValues: AttrValue bytes, outputCount, device?, lentIds?) -> a Call, or nullptr with a JS error pending
static std::unique_ptr<Call> Prepare(napi_env env, const Arguments &args) {
  std::unique_ptr<Call> call(new Call());
  call->op = TFE_NewOp(Context(env), args.text(0).c_str(), call->status.raw);
  if (!call->status.ok()) { Throw(env, call->status); return nullptr; }
  napi_valuetype kind = napi_undefined;
  if (args.count > 5) napi_typeof(env, args.at(5), &kind);
  if (kind == napi_string) {
    TFE_OpSetDevice(call->op, args.text(5).c_str(), call->status.raw);
    if (!call->status.ok()) { Throw(env, call->status); return nullptr; }
  }
  if (args.count > 6) {
    for (uint32_t i = 0; i < Length(env, args.at(6)); i++) {
      int32_t id = 0;
      napi_get_value_int32(env, Element(env, args.at(6), i), &id);
      auto entry = Handles(env).find(id);
      if (entry != Handles(env).end()) call->lending.Add(MemoryOnlyOf(entry->second));
    }
  }
  for (uint32_t i = 0; i < Length(env, args.at(1)); i++) {
    int32_t id = 0;
    napi_get_value_int32(env, Element(env, args.at(1), i), &id);
    auto entry = Handles(env).find(id);
    if (entry == Handles(env).end()) { Throw(env, "NOT_FOUND", "input " + std::to_string(i) + " is disposed or unknown"); return nullptr; }
    TFE_OpAddInput(call->op, entry->second, call->status.raw);
    if (!call->status.ok()) { Throw(env, call->status); return nullptr; }
  }
  for (uint32_t i = 0; i < Length(env, args.at(2)); i++) {
    const std::string name = Arguments::TextOf(env, Element(env, args.at(2), i));
    const std::string value = Arguments::BytesOf(env, Element(env, args.at(3), i));
    TFE_OpSetAttrValueProto(call->op, name.c_str(), value.data(), value.size(), call->status.raw);
    if (!call->status.ok()) { Throw(env, call->status); return nullptr; }
  }
  call->outputs.assign(args.integer(4), nullptr);
  return call;
}
static napi_value Outputs(napi_env env, const Call &call) {
  napi_value array;
  napi_create_array_with_length(env, call.count, &array);
  for (int i = 0; i < call.count; i++) napi_set_element(env, array, i, Info(env, call.outputs[i]));
  napi_value overwrote;
  napi_get_boolean(env, call.lending.was_taken(), &overwrote);
  napi_set_named_property(env, array, "overwrote", overwrote);
  return array;
}
static napi_value Execute(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  std::unique_ptr<Call> call = Prepare(env, args);
  if (!call) return nullptr;
  call->Run();
  return call->status.ok() ? Outputs(env, *call) : Throw(env, call->status);
}
// Runs on libuv's pool, so that the event loop lives meanwhile. The op holds its inputs: they may be disposed meanwhile.
static napi_value ExecuteAsync(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  std::unique_ptr<Call> call = Prepare(env, args);
  if (!call) return nullptr;
  napi_value promise, name;
  napi_create_promise(env, &call->deferred, &promise);
  napi_create_string_utf8(env, "slimlab.execute", NAPI_AUTO_LENGTH, &name);
  Call *raw = call.release();
  napi_create_async_work(
      env, nullptr, name, [](napi_env, void *data) { static_cast<Call *>(data)->Run(); },
      [](napi_env env, napi_status, void *data) {
        std::unique_ptr<Call> call(static_cast<Call *>(data));
        if (call->status.ok()) napi_resolve_deferred(env, call->deferred, Outputs(env, *call));
        else napi_reject_deferred(env, call->deferred, MakeError(env, CodeName(TF_GetCode(call->status.raw)), TF_Message(call->status.raw)));
        napi_delete_async_work(env, call->work);
      },
      raw, &raw->work);
  napi_queue_async_work(env, raw->work);
  return promise;
}

// Takes back what a call was lent with this tensor; waits for the call if it overwrites it already. recallLent(id)
static napi_value RecallLent(napi_env env, napi_callback_info info) {
  auto entry = Handles(env).find(Arguments(env, info).integer(0));
  Status status;
  if (entry != Handles(env).end()) Lending::Recall(TFE_TensorHandleDevicePointer(entry->second, status.raw));
  return Undefined(env);
}

// --- Functions and ops ----------------------------------------------------------------------------------------------
static napi_value RegisterFunction(napi_env env, napi_callback_info info) {
  const std::string def = Arguments(env, info).bytes(0);
  Status status;
  TFE_ContextAddFunctionDef(Context(env), def.data(), def.size(), status.raw);
  return status.ok() ? Undefined(env) : Throw(env, status);
}
static napi_value RemoveFunction(napi_env env, napi_callback_info info) {
  Status status;
  TFE_ContextRemoveFunction(Context(env), Arguments(env, info).text(0).c_str(), status.raw);
  return status.ok() ? Undefined(env) : Throw(env, status);
}
static napi_value DeviceName(napi_env env, napi_callback_info) {
  const std::string &name = Backend(env)->*MemberOf(DeviceTag());
  napi_value text;
  napi_create_string_utf8(env, name.data(), name.size(), &text);
  return text;
}

static napi_value ReleaseFreeMemory(napi_env env, napi_callback_info) {
  ReleaseMemory();
  return Undefined(env);
}

// TensorFlow obeys TF_CPP_MIN_LOG_LEVEL only after its first messages, which its own initializers print: obey it
// before them. The linker's flag initfirst (scripts/steps/addon.js) runs this ahead of the library's initializers.
__attribute__((constructor)) static void ObeyLogLevel() {
  const char *level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  if (level == nullptr) return;
  const auto least = static_cast<absl::LogSeverityAtLeast>(std::atoi(level));
  absl::SetMinLogLevel(least);
  absl::SetStderrThreshold(least);
}

static napi_value Initialize(napi_env env, napi_value exports) {
  RegisterOperations();
  exports = tfnodejs::InitTFNodeJSBinding(env, exports);
  napi_value vendor = exports, ours;
  if (vendor == nullptr) return nullptr;
  napi_create_object(env, &ours);
#define METHOD(name, function) {name, nullptr, function, nullptr, nullptr, nullptr, napi_enumerable, nullptr}
  const napi_property_descriptor methods[] = {
      METHOD("createTensor", CreateTensor), METHOD("deleteTensor", DeleteTensor), METHOD("deleteTensorAsync", DeleteTensorAsync),
      METHOD("beginFilling", BeginFilling), METHOD("fill", Fill), METHOD("endFilling", EndFilling),
      METHOD("execute", Execute), METHOD("executeAsync", ExecuteAsync), METHOD("recallLent", RecallLent),
      METHOD("registerFunction", RegisterFunction), METHOD("removeFunction", RemoveFunction),
      METHOD("opDefinition", OpDefinition), METHOD("deviceName", DeviceName), METHOD("releaseMemory", ReleaseFreeMemory),
      METHOD("openGraph", OpenGraph), METHOD("closeGraph", CloseGraph),
      METHOD("addInput", AddInput), METHOD("addConstant", AddConstant), METHOD("addOperation", AddOperation),
      METHOD("setShape", SetShape), METHOD("addFunction", AddFunction),
      METHOD("openCheckpoint", OpenCheckpoint), METHOD("closeCheckpoint", CloseCheckpoint),
      METHOD("listCheckpoint", ListCheckpoint), METHOD("readCheckpoint", ReadCheckpoint),
      METHOD("enableCollectives", EnableCollectives), METHOD("abortCollectives", AbortCollectives),
      METHOD("checkPeer", CheckPeer)};
#undef METHOD
  napi_define_properties(env, ours, sizeof(methods) / sizeof(methods[0]), methods);
  napi_set_named_property(env, vendor, "slimlab", ours);
  return vendor;
}

}  // namespace slimlab

extern "C" NAPI_MODULE_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  return slimlab::Initialize(env, exports);
}
