// The vendor's binding, and what all of slimlab's part of the addon shares: TensorFlow's context and handles, errors, arguments.
#pragma once
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
  size_t count = 7;
  napi_value values[7];
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
    const View view = ViewOf(env, value);
    return std::string(view.data, view.length);
  }
  // The memory of a typed array; none of anything else.
  struct View { const char *data = nullptr; size_t length = 0; };
  static View ViewOf(napi_env env, napi_value value) {
    void *data = nullptr; bool typed = false;
    napi_is_typedarray(env, value, &typed);
    if (!typed) return View();
    napi_typedarray_type type; size_t elements; size_t offset; napi_value buffer;
    napi_get_typedarray_info(env, value, &type, &elements, &data, &buffer, &offset);
    const size_t width = type == napi_float64_array || type == napi_bigint64_array || type == napi_biguint64_array ? 8
                         : type == napi_float32_array || type == napi_int32_array || type == napi_uint32_array    ? 4
                         : type == napi_int16_array || type == napi_uint16_array                                  ? 2 : 1;
    return View{static_cast<char *>(data), elements * width};
  }
};
static uint32_t Length(napi_env env, napi_value array) { uint32_t n = 0; napi_get_array_length(env, array, &n); return n; }
static napi_value Element(napi_env env, napi_value array, uint32_t i) { napi_value v; napi_get_element(env, array, i, &v); return v; }
static napi_value Undefined(napi_env env) { napi_value v; napi_get_undefined(env, &v); return v; }
static napi_value Integer(napi_env env, int64_t n) { napi_value v; napi_create_int64(env, n, &v); return v; }
static std::vector<int64_t> Integers(napi_env env, napi_value array) {
  std::vector<int64_t> numbers(Length(env, array));
  for (size_t i = 0; i < numbers.size(); i++) napi_get_value_int64(env, Element(env, array, i), &numbers[i]);
  return numbers;
}

// What is wrong with values, a typed array or an array of Uint8Array for strings, as those of a tensor; "" if nothing is.
static std::string Misfit(napi_env env, TF_DataType dtype, const std::vector<int64_t> &shape, napi_value values) {
  int64_t size = 1;
  for (const int64_t dim : shape) size *= dim;
  const auto expected = [](const char *what, int64_t wanted, int64_t got, const char *unit) {
    return std::string("Cannot create ") + what + ": expected " + std::to_string(wanted) + " " + unit + ", got " + std::to_string(got);
  };
  if (dtype == TF_STRING) return Length(env, values) == size ? "" : expected("string tensor", size, Length(env, values), "values");
  bool typed = false;
  napi_is_typedarray(env, values, &typed);
  if (!typed) return "Cannot create tensor: expected a typed array";
  const int64_t bytes = size * TF_DataTypeSize(dtype), got = Arguments::ViewOf(env, values).length;
  return got == bytes ? "" : expected("tensor", bytes, got, "bytes");
}

}  // namespace slimlab
