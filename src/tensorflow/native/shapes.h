// A graph that is never run: TensorFlow's shape functions tell what each operation that is added to it gives.
#pragma once
#include "core.h"

#include <algorithm>

namespace slimlab {

// A graph is a JS external that closes itself when collected; closeGraph does it at once. Its tensors are numbered.
struct ShapeGraph {
  TF_Graph *raw = TF_NewGraph();
  std::vector<TF_Output> tensors;
  int64_t operations = 0;
  ~ShapeGraph() { Close(); }
  void Close() { if (raw) TF_DeleteGraph(raw); raw = nullptr; }
  TF_OperationDescription *Begin(const std::string &op) {
    std::string name = op + "_" + std::to_string(operations++);
    return TF_NewOperation(raw, op.c_str(), name.c_str());
  }
};
static ShapeGraph *GraphOf(napi_env env, napi_value value) {
  void *data = nullptr;
  napi_get_value_external(env, value, &data);
  ShapeGraph *graph = static_cast<ShapeGraph *>(data);
  if (!graph || !graph->raw) { Throw(env, "FAILED_PRECONDITION", "the graph is closed"); return nullptr; }
  return graph;
}
static napi_value OpenGraph(napi_env env, napi_callback_info) {
  napi_value external;
  napi_create_external(env, new ShapeGraph(), [](napi_env, void *data, void *) { delete static_cast<ShapeGraph *>(data); }, nullptr, &external);
  return external;
}
static napi_value CloseGraph(napi_env env, napi_callback_info info) {
  ShapeGraph *graph = GraphOf(env, Arguments(env, info).at(0));
  if (!graph) return nullptr;
  graph->Close();
  return Undefined(env);
}
// opDefinition(name) -> OpDef bytes, or undefined if there is no such operation
static napi_value OpDefinition(napi_env env, napi_callback_info info) {
  static TF_Graph *const empty = TF_NewGraph();
  Status status;
  const std::unique_ptr<TF_Buffer, void (*)(TF_Buffer *)> buffer(TF_NewBuffer(), TF_DeleteBuffer);
  TF_GraphGetOpDef(empty, Arguments(env, info).text(0).c_str(), buffer.get(), status.raw);
  if (TF_GetCode(status.raw) == TF_NOT_FOUND) return Undefined(env);
  if (!status.ok()) return Throw(env, status);
  napi_value bytes;
  napi_create_buffer_copy(env, buffer->length, buffer->data, nullptr, &bytes);
  return bytes;
}

// The number of the one tensor that the operation gives.
static napi_value Added(napi_env env, ShapeGraph *graph, TF_OperationDescription *description) {
  Status status;
  TF_Operation *operation = TF_FinishOperation(description, status.raw);
  if (!status.ok()) return Throw(env, status);
  graph->tensors.push_back({operation, 0});
  return Integer(env, graph->tensors.size() - 1);
}
static napi_value AddUnknown(napi_env env, ShapeGraph *graph, TF_DataType dtype, const std::vector<int64_t> &shape) {
  TF_OperationDescription *description = graph->Begin("Placeholder");
  TF_SetAttrType(description, "dtype", dtype);
  TF_SetAttrShape(description, "shape", shape.data(), shape.size());
  return Added(env, graph, description);
}
// addInput(graph, dtype, shape) -> number: of a value that is not known
static napi_value AddInput(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  ShapeGraph *graph = GraphOf(env, args.at(0));
  return graph ? AddUnknown(env, graph, static_cast<TF_DataType>(args.integer(1)), Integers(env, args.at(2))) : nullptr;
}
// addConstant(graph, dtype, shape, values as for createTensor) -> number. Shapes may depend on small ones; great ones are data.
static napi_value AddConstant(napi_env env, napi_callback_info info) {
  constexpr size_t kGreatest = 1024;  // bytes
  Arguments args(env, info);
  ShapeGraph *graph = GraphOf(env, args.at(0));
  if (!graph) return nullptr;
  const TF_DataType dtype = static_cast<TF_DataType>(args.integer(1));
  const std::vector<int64_t> shape = Integers(env, args.at(2));
  const std::string misfit = Misfit(env, dtype, shape, args.at(3));
  if (!misfit.empty()) return Throw(env, "INVALID_ARGUMENT", misfit);
  const Arguments::View bytes = Arguments::ViewOf(env, args.at(3));
  if (dtype == TF_STRING || bytes.length > kGreatest) return AddUnknown(env, graph, dtype, shape);
  Status status;
  std::unique_ptr<TF_Tensor, void (*)(TF_Tensor *)> tensor(TF_AllocateTensor(dtype, shape.data(), shape.size(), bytes.length), TF_DeleteTensor);
  std::memcpy(TF_TensorData(tensor.get()), bytes.data, bytes.length);
  TF_OperationDescription *description = graph->Begin("Const");
  TF_SetAttrType(description, "dtype", dtype);
  TF_SetAttrTensor(description, "value", tensor.get(), status.raw);
  return Added(env, graph, description);
}
// What is known of a tensor: { id: number in the graph, dtype, shape: number[] with -1 for unknown sizes | null }
static napi_value KnownOf(napi_env env, ShapeGraph *graph, TF_Output output, Status &status) {
  const int rank = TF_GraphGetTensorNumDims(graph->raw, output, status.raw);
  std::vector<int64_t> dims(std::max(rank, 0));
  if (status.ok() && rank > 0) TF_GraphGetTensorShape(graph->raw, output, dims.data(), rank, status.raw);
  napi_value known, shape;
  napi_create_object(env, &known);
  napi_get_null(env, &shape);
  if (rank >= 0) napi_create_array_with_length(env, rank, &shape);
  for (int i = 0; i < rank; i++) napi_set_element(env, shape, i, Integer(env, dims[i]));
  graph->tensors.push_back(output);
  napi_set_named_property(env, known, "id", Integer(env, graph->tensors.size() - 1));
  napi_set_named_property(env, known, "dtype", Integer(env, TF_OperationOutputType(output)));
  napi_set_named_property(env, known, "shape", shape);
  return known;
}
// addOperation(graph, op, inputs, lengths, attrNames, attrValues: AttrValue bytes) -> what is known of its outputs. The lengths
// are those of the op's arguments, -1 for one that is no list.
static napi_value AddOperation(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  ShapeGraph *graph = GraphOf(env, args.at(0));
  if (!graph) return nullptr;
  std::vector<TF_Output> inputs;
  for (const int64_t number : Integers(env, args.at(2))) inputs.push_back(graph->tensors.at(number));
  TF_OperationDescription *description = graph->Begin(args.text(1));
  size_t next = 0;
  for (const int64_t length : Integers(env, args.at(3))) {
    const size_t taken = std::min<size_t>(length < 0 ? 1 : length, inputs.size() - next);
    if (length < 0 && taken == 1) TF_AddInput(description, inputs[next]);
    else TF_AddInputList(description, inputs.data() + next, taken);
    next += taken;
  }
  Status status;
  for (uint32_t i = 0; i < Length(env, args.at(4)); i++) {
    const std::string name = Arguments::TextOf(env, Element(env, args.at(4), i));
    const std::string value = Arguments::BytesOf(env, Element(env, args.at(5), i));
    TF_SetAttrValueProto(description, name.c_str(), value.data(), value.size(), status.raw);
  }
  TF_Operation *operation = TF_FinishOperation(description, status.raw);
  if (!status.ok()) return Throw(env, status);
  napi_value outputs;
  const int count = TF_OperationNumOutputs(operation);
  napi_create_array_with_length(env, count, &outputs);
  for (int i = 0; i < count; i++) napi_set_element(env, outputs, i, KnownOf(env, graph, {operation, i}, status));
  return status.ok() ? outputs : Throw(env, status);
}
// setShape(graph, number, shape): of a tensor that has been computed
static napi_value SetShape(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  ShapeGraph *graph = GraphOf(env, args.at(0));
  if (!graph) return nullptr;
  Status status;
  const std::vector<int64_t> shape = Integers(env, args.at(2));
  TF_GraphSetTensorShape(graph->raw, graph->tensors.at(args.integer(1)), shape.data(), shape.size(), status.raw);
  return status.ok() ? Undefined(env) : Throw(env, status);
}
// addFunction(graph, functionDef): so that operations of that name may be added
static napi_value AddFunction(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  ShapeGraph *graph = GraphOf(env, args.at(0));
  if (!graph) return nullptr;
  const std::string def = args.bytes(1);
  Status status;
  TF_Function *function = TF_FunctionImportFunctionDef(def.data(), def.size(), status.raw);
  if (!status.ok()) return Throw(env, status);
  TF_GraphCopyFunction(graph->raw, function, nullptr, status.raw);
  TF_DeleteFunction(function);
  return status.ok() ? Undefined(env) : Throw(env, status);
}

}  // namespace slimlab
