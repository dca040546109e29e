// A tensor of float32 that is filled part by part, its dimensions put in another order on the way: no second copy of it is held.
#pragma once
#include "core.h"

namespace slimlab {

// A JS external that frees the memory when it is collected, if endFilling has not made a tensor of it.
struct Filling {
  TF_Tensor *tensor = nullptr;
  std::vector<int64_t> split;    // the dimensions in the source's order
  std::vector<int64_t> strides;  // of each of them, where it is in the tensor
  int64_t done = 0, total = 1;
  ~Filling() { if (tensor != nullptr) TF_DeleteTensor(tensor); }
};

static Filling *FillingOf(napi_env env, napi_value value) {
  void *data = nullptr;
  napi_get_value_external(env, value, &data);
  return static_cast<Filling *>(data);
}

// beginFilling(shape, split, order) -> filling: split[order[i]] are the tensor's dimensions, of which shape may be another division.
static napi_value BeginFilling(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const std::vector<int64_t> shape = Integers(env, args.at(0)), order = Integers(env, args.at(2));
  auto filling = std::make_unique<Filling>();
  filling->split = Integers(env, args.at(1));
  filling->strides.assign(filling->split.size(), 0);
  for (size_t i = order.size(); i-- > 0;) {
    filling->strides[order[i]] = filling->total;
    filling->total *= filling->split[order[i]];
  }
  filling->tensor = TF_AllocateTensor(TF_FLOAT, shape.data(), shape.size(), filling->total * sizeof(float));
  napi_value external;
  napi_create_external(env, filling.release(), [](napi_env, void *data, void *) { delete static_cast<Filling *>(data); }, nullptr, &external);
  return external;
}

// fill(filling, Float32Array): the next values in the source's order.
static napi_value Fill(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  Filling &filling = *FillingOf(env, args.at(0));
  const Arguments::View bytes = Arguments::ViewOf(env, args.at(1));
  const int64_t count = bytes.length / sizeof(float);
  if (filling.tensor == nullptr || filling.done + count > filling.total)
    return Throw(env, "INVALID_ARGUMENT", "expected " + std::to_string(filling.total) + " values, got more");
  const float *from = reinterpret_cast<const float *>(bytes.data);
  float *to = static_cast<float *>(TF_TensorData(filling.tensor));
  const size_t rank = filling.split.size();
  std::vector<int64_t> at(rank, 0);  // where the first value is in each dimension
  int64_t rest = filling.done, place = 0;
  for (size_t i = rank; i-- > 0;) {
    if (filling.split[i] == 0) return Undefined(env);
    at[i] = rest % filling.split[i];
    rest /= filling.split[i];
    place += at[i] * filling.strides[i];
  }
  for (int64_t n = 0; n < count; n++) {
    to[place] = from[n];
    for (size_t i = rank; i-- > 0;) {
      place += filling.strides[i];
      if (++at[i] < filling.split[i]) break;
      place -= at[i] * filling.strides[i];
      at[i] = 0;
    }
  }
  filling.done += count;
  return Undefined(env);
}

}  // namespace slimlab
