// Reading checkpoints of either format by name.
#pragma once
#include "core.h"

namespace slimlab {

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

}  // namespace slimlab
