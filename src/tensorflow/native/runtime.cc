// The vendor's binding in one translation unit, plus what slimlab needs of the TensorFlow C API:
// functions, asynchronous execution, attributes as protobuf bytes, the op list and a checkpoint reader.
// No vendor file is edited: they are included, and four of their exports are replaced below.
#include "binding/tfjs_backend.h"
// The two vendor sources below are the class and its N-API registration. Their NAPI_MODULE is silenced, ours registers.
#include "binding/tfjs_backend.cc"
#undef NAPI_MODULE
#define NAPI_MODULE(name, function)
#include "binding/tfjs_binding.cc"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/log/globals.h"
#include "tensorflow/c/c_api_experimental.h"
#include "tensorflow/c/eager/c_api_experimental.h"

namespace slimlab {

using tfnodejs::TFJSBackend;

// --- The vendor keeps its context private. An explicit instantiation may name private members ([temp.spec]/6), so this
// --- reads them without editing or redefining anything of the vendor's.
template <typename Tag, typename Tag::type Member>
struct Expose {
  friend typename Tag::type MemberOf(Tag) { return Member; }
};
struct ContextTag { using type = TFE_Context *TFJSBackend::*; friend type MemberOf(ContextTag); };
struct HandlesTag { using type = std::unordered_map<int32_t, TFE_TensorHandle *> TFJSBackend::*; friend type MemberOf(HandlesTag); };
struct DeviceTag { using type = std::string TFJSBackend::*; friend type MemberOf(DeviceTag); };
struct InsertTag { using type = int32_t (TFJSBackend::*)(TFE_TensorHandle *); friend type MemberOf(InsertTag); };
struct InfoTag { using type = napi_value (TFJSBackend::*)(napi_env, TFE_TensorHandle *); friend type MemberOf(InfoTag); };
template struct Expose<ContextTag, &TFJSBackend::tfe_context_>;
template struct Expose<HandlesTag, &TFJSBackend::tfe_handle_map_>;
template struct Expose<DeviceTag, &TFJSBackend::device_name>;
template struct Expose<InsertTag, &TFJSBackend::InsertHandle>;
template struct Expose<InfoTag, &TFJSBackend::GenerateOutputTensorInfo>;

static TFJSBackend *Backend(napi_env env) {
  void *data = nullptr;
  napi_get_instance_data(env, &data);
  return static_cast<TFJSBackend *>(data);
}
static TFE_Context *Context(napi_env env) { return Backend(env)->*MemberOf(ContextTag()); }
static std::unordered_map<int32_t, TFE_TensorHandle *> &Handles(napi_env env) { return Backend(env)->*MemberOf(HandlesTag()); }
static napi_value Info(napi_env env, TFE_TensorHandle *handle) { return (Backend(env)->*MemberOf(InfoTag()))(env, handle); }

// --- Status and errors: { message, code: "INVALID_ARGUMENT" } ------------------------------------------------------
struct Status {
  TF_Status *raw = TF_NewStatus();
  Status() = default;
  Status(const Status &) = delete;
  ~Status() { TF_DeleteStatus(raw); }
  bool ok() const { return TF_GetCode(raw) == TF_OK; }
};

static const char *CodeName(TF_Code code) {
  static const char *names[] = {"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
                                "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
                                "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"};
  return code >= 0 && code <= 16 ? names[code] : "UNKNOWN";
}
static napi_value MakeError(napi_env env, const char *code, const std::string &message) {
  napi_value text, tag, error;
  napi_create_string_utf8(env, message.data(), message.size(), &text);
  napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &tag);
  napi_create_error(env, tag, text, &error);
  return error;
}
static napi_value Throw(napi_env env, const char *code, const std::string &message) {
  napi_throw(env, MakeError(env, code, message));
  return nullptr;
}
static napi_value Throw(napi_env env, const Status &status) {
  return Throw(env, CodeName(TF_GetCode(status.raw)), TF_Message(status.raw));
}

// --- Reading arguments ----------------------------------------------------------------------------------------------
struct Arguments {
  napi_env env;
  size_t count = 6;
  napi_value values[6];
  Arguments(napi_env env, napi_callback_info info) : env(env) { napi_get_cb_info(env, info, &count, values, nullptr, nullptr); }
  napi_value at(size_t i) const { return i < count ? values[i] : nullptr; }
  std::string text(size_t i) const { return TextOf(env, at(i)); }
  int32_t integer(size_t i) const { int32_t n = 0; napi_get_value_int32(env, at(i), &n); return n; }
  std::string bytes(size_t i) const { return BytesOf(env, at(i)); }
  static std::string TextOf(napi_env env, napi_value value) {
    size_t length = 0;
    napi_get_value_string_utf8(env, value, nullptr, 0, &length);
    std::string text(length, '\0');
    napi_get_value_string_utf8(env, value, &text[0], length + 1, &length);
    return text;
  }
  static std::string BytesOf(napi_env env, napi_value value) {
    void *data = nullptr; size_t length = 0; bool typed = false;
    napi_is_typedarray(env, value, &typed);
    if (!typed) return std::string();
    napi_typedarray_type type; size_t elements; size_t offset; napi_value buffer;
    napi_get_typedarray_info(env, value, &type, &elements, &data, &buffer, &offset);
    const size_t width = type == napi_float64_array || type == napi_bigint64_array || type == napi_biguint64_array ? 8
                         : type == napi_float32_array || type == napi_int32_array || type == napi_uint32_array    ? 4
                         : type == napi_int16_array || type == napi_uint16_array                                  ? 2 : 1;
    length = elements * width;
    return std::string(static_cast<char *>(data), length);
  }
};
static uint32_t Length(napi_env env, napi_value array) { uint32_t n = 0; napi_get_array_length(env, array, &n); return n; }
static napi_value Element(napi_env env, napi_value array, uint32_t i) { napi_value v; napi_get_element(env, array, i, &v); return v; }
static napi_value Undefined(napi_env env) { napi_value v; napi_get_undefined(env, &v); return v; }
static napi_value Integer(napi_env env, int64_t n) { napi_value v; napi_create_int64(env, n, &v); return v; }

// --- Tensors --------------------------------------------------------------------------------------------------------
// Copies: the vendor shares V8's memory, whose release may then run on a thread of TensorFlow's, where N-API must not be
// called, and is not aligned as TensorFlow wants it.
// createTensor(shape, dtype, typedArray | Uint8Array[]) -> id
static napi_value CreateTensor(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  std::vector<int64_t> shape(Length(env, args.at(0)));
  int64_t size = 1;
  for (size_t i = 0; i < shape.size(); i++) {
    napi_get_value_int64(env, Element(env, args.at(0), i), &shape[i]);
    size *= shape[i];
  }
  const TF_DataType dtype = static_cast<TF_DataType>(args.integer(1));
  TF_Tensor *tensor = nullptr;
  if (dtype == TF_STRING) {
    if (Length(env, args.at(2)) != size) return Throw(env, "INVALID_ARGUMENT", "Cannot create string tensor: expected " + std::to_string(size) + " values, got " + std::to_string(Length(env, args.at(2))));
    tensor = TF_AllocateTensor(dtype, shape.data(), shape.size(), size * sizeof(TF_TString));
    TF_TString *strings = static_cast<TF_TString *>(TF_TensorData(tensor));
    for (int64_t i = 0; i < size; i++) {
      const std::string value = Arguments::BytesOf(env, Element(env, args.at(2), i));
      TF_TString_Init(&strings[i]);
      TF_TString_Copy(&strings[i], value.data(), value.size());
    }
  } else {
    bool typed = false;
    napi_is_typedarray(env, args.at(2), &typed);
    if (!typed) return Throw(env, "INVALID_ARGUMENT", "Cannot create tensor: expected a typed array");
    const std::string bytes = args.bytes(2);
    const size_t expected = size * TF_DataTypeSize(dtype);
    if (bytes.size() != expected) return Throw(env, "INVALID_ARGUMENT", "Cannot create tensor: expected " + std::to_string(expected) + " bytes, got " + std::to_string(bytes.size()));
    tensor = TF_AllocateTensor(dtype, shape.data(), shape.size(), expected);
    std::memcpy(TF_TensorData(tensor), bytes.data(), expected);
  }
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

// The vendor frees the contents of a string tensor in place; they may be shared with an element of a dataset.
// Deleting the handle is all: TensorFlow counts the references of the buffer.
static napi_value DeleteTensor(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto &handles = Handles(env);
  auto entry = handles.find(args.integer(0));
  if (entry == handles.end()) return Throw(env, "NOT_FOUND", "Cannot delete tensor " + std::to_string(args.integer(0)) + ": no such handle");
  TFE_DeleteTensorHandle(entry->second);
  handles.erase(entry);
  return Undefined(env);
}

// --- Executing ------------------------------------------------------------------------------------------------------
struct Call {
  TFE_Op *op = nullptr;
  std::vector<TFE_TensorHandle *> outputs;
  int count = 0;
  Status status;
  napi_async_work work = nullptr;
  napi_deferred deferred = nullptr;
  ~Call() { if (op) TFE_DeleteOp(op); }
  void Run() { count = outputs.size(); TFE_Execute(op, outputs.data(), &count, status.raw); }
};

// (opName, inputIds, attrNames, attrValues: AttrValue bytes, outputCount, device?) -> a Call, or nullptr with a JS error pending
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
static napi_value OpList(napi_env env, napi_callback_info) {
  TF_Buffer *list = TF_GetAllOpList();
  napi_value bytes;
  napi_create_buffer_copy(env, list->length, list->data, nullptr, &bytes);
  TF_DeleteBuffer(list);
  return bytes;
}
static napi_value DeviceName(napi_env env, napi_callback_info) {
  const std::string &name = Backend(env)->*MemberOf(DeviceTag());
  napi_value text;
  napi_create_string_utf8(env, name.data(), name.size(), &text);
  return text;
}

// --- Checkpoints ----------------------------------------------------------------------------------------------------
// A reader is a JS external that closes itself when collected; closeCheckpoint does it at once.
struct Reader { TF_CheckpointReader *raw = nullptr; ~Reader() { Close(); } void Close() { if (raw) TF_DeleteCheckpointReader(raw); raw = nullptr; } };
static Reader *ReaderOf(napi_env env, napi_value value) {
  void *data = nullptr;
  napi_get_value_external(env, value, &data);
  Reader *reader = static_cast<Reader *>(data);
  if (!reader || !reader->raw) { Throw(env, "FAILED_PRECONDITION", "the checkpoint reader is closed"); return nullptr; }
  return reader;
}
static napi_value OpenCheckpoint(napi_env env, napi_callback_info info) {
  Status status;
  std::unique_ptr<Reader> reader(new Reader());
  reader->raw = TF_NewCheckpointReader(Arguments(env, info).text(0).c_str(), status.raw);
  if (!status.ok()) { reader->raw = nullptr; return Throw(env, status); }
  napi_value external;
  napi_create_external(env, reader.release(), [](napi_env, void *data, void *) { delete static_cast<Reader *>(data); }, nullptr, &external);
  return external;
}
static napi_value CloseCheckpoint(napi_env env, napi_callback_info info) {
  Reader *reader = ReaderOf(env, Arguments(env, info).at(0));
  if (!reader) return nullptr;
  reader->Close();
  return Undefined(env);
}
static napi_value ListCheckpoint(napi_env env, napi_callback_info info) {
  Reader *reader = ReaderOf(env, Arguments(env, info).at(0));
  if (!reader) return nullptr;
  napi_value list;
  napi_create_array(env, &list);
  Status status;
  for (int i = 0; i < TF_CheckpointReaderSize(reader->raw); i++) {
    const char *name = TF_CheckpointReaderGetVariable(reader->raw, i);
    std::vector<int64_t> dims(TF_CheckpointReaderGetVariableNumDims(reader->raw, name));
    TF_CheckpointReaderGetVariableShape(reader->raw, name, dims.data(), dims.size(), status.raw);
    if (!status.ok()) return Throw(env, status);
    napi_value entry, text, shape;
    napi_create_object(env, &entry);
    napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &text);
    napi_create_array_with_length(env, dims.size(), &shape);
    for (size_t d = 0; d < dims.size(); d++) napi_set_element(env, shape, d, Integer(env, dims[d]));
    napi_set_named_property(env, entry, "name", text);
    napi_set_named_property(env, entry, "dtype", Integer(env, TF_CheckpointReaderGetVariableDataType(reader->raw, name)));
    napi_set_named_property(env, entry, "shape", shape);
    napi_set_element(env, list, i, entry);
  }
  return list;
}
static napi_value ReadCheckpoint(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  Reader *reader = ReaderOf(env, args.at(0));
  if (!reader) return nullptr;
  Status status;
  TF_Tensor *tensor = TF_CheckpointReaderGetTensor(reader->raw, args.text(1).c_str(), status.raw);
  if (!status.ok()) return Throw(env, status);
  TFE_TensorHandle *handle = TFE_NewTensorHandle(tensor, status.raw);
  TF_DeleteTensor(tensor);
  return status.ok() ? Info(env, handle) : Throw(env, status);
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
  exports = tfnodejs::InitTFNodeJSBinding(env, exports);
  napi_value vendor = exports, ours;
  if (vendor == nullptr) return nullptr;
  napi_create_object(env, &ours);
#define METHOD(name, function) {name, nullptr, function, nullptr, nullptr, nullptr, napi_enumerable, nullptr}
  const napi_property_descriptor methods[] = {
      METHOD("createTensor", CreateTensor), METHOD("deleteTensor", DeleteTensor),
      METHOD("execute", Execute), METHOD("executeAsync", ExecuteAsync),
      METHOD("registerFunction", RegisterFunction), METHOD("removeFunction", RemoveFunction),
      METHOD("opList", OpList), METHOD("deviceName", DeviceName),
      METHOD("openCheckpoint", OpenCheckpoint), METHOD("closeCheckpoint", CloseCheckpoint),
      METHOD("listCheckpoint", ListCheckpoint), METHOD("readCheckpoint", ReadCheckpoint)};
#undef METHOD
  napi_define_properties(env, ours, sizeof(methods) / sizeof(methods[0]), methods);
  napi_set_named_property(env, vendor, "slimlab", ours);
  return vendor;
}

}  // namespace slimlab

extern "C" NAPI_MODULE_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  return slimlab::Initialize(env, exports);
}
