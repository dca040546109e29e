// One step of gradient descent with momentum as an operation of our own for CPUs: one pass over a variable, its slot and its
// gradient, where operation by operation it takes four; and five where the gradient's norm is wanted too.
#pragma once
#include <algorithm>
#include <vector>
#include "batchnorm.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace slimlab {
namespace {

// slope = gradient + decay · variable, slot' = momentum · slot + slope,
// variable' = variable − rate · (slot' or, ahead, momentum · slot' + slope)
// next_slot may be gradient
SLIMLAB_VECTORIZED void Descend(const float *variable, const float *slot, const float *gradient, float rate, float decay,
                                float momentum, bool ahead, int64_t channels, float *next_variable, float *next_slot) {
  const float here = ahead ? momentum : 1, there = ahead ? 1 : 0;
  SLIMLAB_ALONG_CHANNELS {
    const float slope = gradient[c] + decay * variable[c], moved = momentum * slot[c] + slope;
    next_variable[c] = variable[c] - rate * (here * moved + there * slope);
    next_slot[c] = moved;
  }
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

// variable, slot, gradient, rate and momentum if that is fed, decay if any → the next variable and slot, and Σ slope² / 2 if asked for
class MomentumKernel : public tensorflow::OpKernel {
 public:
  explicit MomentumKernel(tensorflow::OpKernelConstruction *context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("momentum", &momentum_));
    OP_REQUIRES_OK(context, context->GetAttr("ahead", &ahead_));
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
    tensorflow::Tensor *next_variable, *next_slot;
    OP_REQUIRES_OK(context, context->allocate_output(0, variable.shape(), &next_variable));
    OP_REQUIRES_OK(context, context->forward_input_or_allocate_output({2}, 1, variable.shape(), &next_slot));
    float *to = next_variable->flat<float>().data(), *to_slot = next_slot->flat<float>().data();
    constexpr int64_t kCost = 8;     // cycles an element, as ParallelFor() weighs whether a thread is worth it
    constexpr int64_t kTurn = 4096;  // elements that stay in a processor's first cache; sums are those of turns, whatever the threads
    const int64_t count = variable.NumElements(), turns = (count + kTurn - 1) / kTurn;
    const bool tells = context->num_outputs() > 2;
    std::vector<double> squares(tells ? turns : 0);
    context->device()->tensorflow_cpu_worker_threads()->workers->ParallelFor(turns, kCost * kTurn, [&](int64_t turn, int64_t end) {
      for (; turn < end; turn++) {
        const int64_t i = turn * kTurn, size = std::min(kTurn, count - i);
        if (tells) squares[turn] = SumSquares(values + i, gradient + i, decay, size);
        Descend(values + i, slot + i, gradient + i, rate, decay, momentum, ahead_, size, to + i, to_slot + i);
      }
    });
    if (!tells) return;
    tensorflow::Tensor *loss;
    OP_REQUIRES_OK(context, context->allocate_output(2, tensorflow::TensorShape({}), &loss));
    double sum = 0;
    for (const double square : squares) sum += square;
    loss->scalar<float>()() = float(sum / 2);
  }

 private:
  float momentum_;
  bool ahead_;
};

}  // namespace

static void RegisterMomentum() {
  REGISTER_OP("SlimlabMomentum")
      .Input("variable: float").Input("slot: float").Input("gradient: float").Input("rate: float").Input("decay: decays * float")
      .Output("next_variable: float").Output("next_slot: float").Output("l2_loss: losses * float")
      .Attr("momentum: float").Attr("ahead: bool").Attr("decays: int >= 0 = 0").Attr("losses: int >= 0 = 0")
      .SetShapeFn([](tensorflow::shape_inference::InferenceContext *context) {
        context->set_output(0, context->input(0));
        context->set_output(1, context->input(0));
        if (context->num_outputs() > 2) context->set_output(2, context->Scalar());
        return absl::OkStatus();
      });
  REGISTER_KERNEL_BUILDER(Name("SlimlabMomentum").Device(tensorflow::DEVICE_CPU), MomentumKernel);
}

}  // namespace slimlab
