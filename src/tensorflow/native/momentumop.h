// Steps of gradient descent as operations of our own for CPUs: with momentum one pass over a variable, its slot and its gradient,
// where operation by operation it takes four. They overwrite the memory of what they change, if it is lent to the call.
#pragma once
#include <algorithm>
#include <vector>
#include "batchnorm.h"
#include "lending.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/common_shape_fns.h"

namespace slimlab {
namespace {

// slope = gradient + decay · variable, slot' = momentum · slot + slope,
// variable' = variable − rate · (slot' or, ahead, momentum · slot' + slope)
// next_variable may be variable, next_slot slot or gradient
SLIMLAB_VECTORIZED void Descend(const float *variable, const float *slot, const float *gradient, float rate, float decay,
                                float momentum, bool ahead, int64_t channels, float *next_variable, float *next_slot) {
  const float here = ahead ? momentum : 1, there = ahead ? 1 : 0;
  SLIMLAB_ALONG_CHANNELS {
    const float slope = gradient[c] + decay * variable[c], moved = momentum * slot[c] + slope;
    next_variable[c] = variable[c] - rate * (here * moved + there * slope);
    next_slot[c] = moved;
  }
}

// next may be values or changes
SLIMLAB_VECTORIZED void Accumulate(const float *values, const float *changes, float sign, int64_t channels, float *next) {
  SLIMLAB_ALONG_CHANNELS next[c] = values[c] + sign * changes[c];
}

// Σ slope²
SLIMLAB_VECTORIZED double SumSquares(const float *variable, const float *gradient, float decay, int64_t count) {
  constexpr int64_t channels = 32;
  float squares[channels] = {};
  for (; count >= channels; count -= channels, variable += channels, gradient += channels) {
    SLIMLAB_ALONG_CHANNELS {
      const float slope = gradient[c] + decay * variable[c];
      squares[c] += slope * slope;
    }
  }
  double sum = 0;
  for (int64_t c = 0; c < count; c++) sum += double(gradient[c] + decay * variable[c]) * (gradient[c] + decay * variable[c]);
  for (int64_t c = 0; c < channels; c++) sum += squares[c];
  return sum;
}

constexpr int64_t kTurn = 4096;  // elements that stay in a processor's first cache; sums are those of turns, whatever the threads

// Calls work(turn, begin, size) for each turn of so many elements, of so many cycles each.
template <typename Work>
void ForTurns(tensorflow::OpKernelContext *context, int64_t count, int64_t cost, const Work &work) {
  const int64_t turns = (count + kTurn - 1) / kTurn;
  context->device()->tensorflow_cpu_worker_threads()->workers->ParallelFor(turns, cost * kTurn, [&](int64_t turn, int64_t end) {
    for (; turn < end; turn++) work(turn, turn * kTurn, std::min(kTurn, count - turn * kTurn));
  });
}

// An output for the next value of what is input i: in its own memory if that is lent, else in that of an input that is not needed any more.
float *NextOf(tensorflow::OpKernelContext *context, bool in_place, int i, int output, int spent) {
  const tensorflow::Tensor &now = context->input(i);
  if (in_place && Lending::Take(now.data())) {
    context->set_output(output, now);
    return static_cast<float *>(now.data());
  }
  tensorflow::Tensor *next = nullptr;
  const absl::Status status = context->forward_input_or_allocate_output({spent}, output, now.shape(), &next);
  if (!status.ok()) context->CtxFailure(status);
  return status.ok() ? next->flat<float>().data() : nullptr;
}

// variable, slot, gradient, rate and momentum if that is fed, decay if any → the next variable and slot
class MomentumKernel : public tensorflow::OpKernel {
 public:
  explicit MomentumKernel(tensorflow::OpKernelConstruction *context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("momentum", &momentum_));
    OP_REQUIRES_OK(context, context->GetAttr("ahead", &ahead_));
    OP_REQUIRES_OK(context, context->GetAttr("in_place", &in_place_));
  }
  void Compute(tensorflow::OpKernelContext *context) override {
    const tensorflow::Tensor &variable = context->input(0);
    for (int i = 1; i < 3; i++)
      OP_REQUIRES(context, context->input(i).shape() == variable.shape(), absl::InvalidArgumentError("expected one shape"));
    for (int i = 4; i < context->num_inputs(); i++)
      OP_REQUIRES(context, context->input(i).NumElements() == 1, absl::InvalidArgumentError("decay must be a scalar"));
    const int64_t fed = context->input(3).NumElements();
    OP_REQUIRES(context, fed == 1 || fed == 2, absl::InvalidArgumentError("expected a learning rate, or it and the momentum"));
    const float momentum = fed == 2 ? context->input(3).flat<float>()(1) : momentum_;
    const float decay = context->num_inputs() > 4 ? context->input(4).flat<float>()(0) : 0;
    const float *values = variable.flat<float>().data(), *slot = context->input(1).flat<float>().data();
    const float *gradient = context->input(2).flat<float>().data(), rate = context->input(3).flat<float>()(0);
    float *to_slot = NextOf(context, in_place_, 1, 1, 2);
    float *to = to_slot == nullptr ? nullptr : NextOf(context, in_place_, 0, 0, 0);
    if (to == nullptr) return;
    ForTurns(context, variable.NumElements(), 8, [&](int64_t, int64_t i, int64_t size) {
      Descend(values + i, slot + i, gradient + i, rate, decay, momentum, ahead_, size, to + i, to_slot + i);
    });
  }

 private:
  float momentum_;
  bool ahead_, in_place_;
};

// variable, gradient, decay if any → Σ slope² / 2
class SlopeLossKernel : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;
  void Compute(tensorflow::OpKernelContext *context) override {
    const tensorflow::Tensor &variable = context->input(0), &gradient = context->input(1);
    OP_REQUIRES(context, gradient.shape() == variable.shape(), absl::InvalidArgumentError("expected one shape"));
    OP_REQUIRES(context, context->input(2).NumElements() == 1, absl::InvalidArgumentError("decay must be a scalar"));
    const float *values = variable.flat<float>().data(), *slopes = gradient.flat<float>().data();
    const float decay = context->input(2).flat<float>()(0);
    std::vector<double> squares((variable.NumElements() + kTurn - 1) / kTurn);
    ForTurns(context, variable.NumElements(), 4, [&](int64_t turn, int64_t i, int64_t size) {
      squares[turn] = SumSquares(values + i, slopes + i, decay, size);
    });
    tensorflow::Tensor *loss;
    OP_REQUIRES_OK(context, context->allocate_output(0, tensorflow::TensorShape({}), &loss));
    double sum = 0;
    for (const double square : squares) sum += square;
    loss->scalar<float>()() = float(sum / 2);
  }
};

// variable, change → variable ± change
class AccumulateKernel : public tensorflow::OpKernel {
 public:
  explicit AccumulateKernel(tensorflow::OpKernelConstruction *context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("subtracts", &subtracts_));
    OP_REQUIRES_OK(context, context->GetAttr("in_place", &in_place_));
  }
  void Compute(tensorflow::OpKernelContext *context) override {
    const tensorflow::Tensor &variable = context->input(0);
    OP_REQUIRES(context, context->input(1).shape() == variable.shape(), absl::InvalidArgumentError("expected one shape"));
    const float *values = variable.flat<float>().data(), *changes = context->input(1).flat<float>().data();
    float *to = NextOf(context, in_place_, 0, 0, 1);
    if (to == nullptr) return;
    const float sign = subtracts_ ? -1 : 1;
    ForTurns(context, variable.NumElements(), 2, [&](int64_t, int64_t i, int64_t size) {
      Accumulate(values + i, changes + i, sign, size, to + i);
    });
  }

 private:
  bool subtracts_, in_place_;
};

}  // namespace

static void RegisterMomentum() {
  REGISTER_OP("SlimlabMomentum")
      .Input("variable: float").Input("slot: float").Input("gradient: float").Input("rate: float").Input("decay: decays * float")
      .Output("next_variable: float").Output("next_slot: float")
      .Attr("momentum: float").Attr("ahead: bool").Attr("decays: int >= 0 = 0").Attr("in_place: bool = false")
      .SetShapeFn([](tensorflow::shape_inference::InferenceContext *context) {
        context->set_output(0, context->input(0));
        context->set_output(1, context->input(0));
        return absl::OkStatus();
      });
  REGISTER_OP("SlimlabSlopeLoss")
      .Input("variable: float").Input("gradient: float").Input("decay: float").Output("l2_loss: float")
      .SetShapeFn(tensorflow::shape_inference::ScalarShape);
  REGISTER_OP("SlimlabAccumulate")
      .Input("variable: float").Input("change: float").Output("next_variable: float")
      .Attr("subtracts: bool").Attr("in_place: bool = false")
      .SetShapeFn(tensorflow::shape_inference::UnchangedShape);
  REGISTER_KERNEL_BUILDER(Name("SlimlabMomentum").Device(tensorflow::DEVICE_CPU), MomentumKernel);
  REGISTER_KERNEL_BUILDER(Name("SlimlabSlopeLoss").Device(tensorflow::DEVICE_CPU), SlopeLossKernel);
  REGISTER_KERNEL_BUILDER(Name("SlimlabAccumulate").Device(tensorflow::DEVICE_CPU), AccumulateKernel);
}

}  // namespace slimlab
