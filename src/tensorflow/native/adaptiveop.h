// Steps of Adam and RMSProp as operations of our own for CPUs: one pass over a variable, its slots and its gradient, where operation by
// operation it takes ten. They overwrite the memory of what they change, if it is lent to the call.
#pragma once
#include <cmath>
#include "momentumop.h"

namespace slimlab {
namespace {

// Each output may be the input of its name, or gradient.
SLIMLAB_VECTORIZED void DescendAdam(const float *variable, const float *mean, const float *square, const float *gradient,
                                    const float *rates, float epsilon, int64_t channels, float *next_variable, float *next_mean,
                                    float *next_square) {
  const float rate = rates[0], decay = rates[1], mean_gain = rates[2], square_gain = rates[3];
  SLIMLAB_ALONG_CHANNELS {
    const float slope = gradient[c], value = variable[c];
    const float toward = mean[c] + (slope - mean[c]) * mean_gain;
    const float spread = square[c] + (slope * slope - square[c]) * square_gain;
    next_variable[c] = (value - value * decay) - toward * rate / (std::sqrt(spread) + epsilon);
    next_mean[c] = toward;
    next_square[c] = spread;
  }
}

// mean and next_mean are null where gradients are measured by their mean square
SLIMLAB_VECTORIZED void DescendRmsProp(const float *variable, const float *square, const float *velocity, const float *mean,
                                       const float *gradient, const float *rates, float epsilon, int64_t channels,
                                       float *next_variable, float *next_square, float *next_velocity, float *next_mean) {
  const float rate = rates[0], momentum = rates[1], gain = rates[2];
  if (mean == nullptr) {
    SLIMLAB_ALONG_CHANNELS {
      const float slope = gradient[c], spread = square[c] + (slope * slope - square[c]) * gain;
      const float moved = velocity[c] * momentum + slope * rate / std::sqrt(spread + epsilon);
      next_variable[c] = variable[c] - moved;
      next_square[c] = spread;
      next_velocity[c] = moved;
    }
    return;
  }
  SLIMLAB_ALONG_CHANNELS {
    const float slope = gradient[c], spread = square[c] + (slope * slope - square[c]) * gain;
    const float toward = mean[c] + (slope - mean[c]) * gain;
    const float moved = velocity[c] * momentum + slope * rate / std::sqrt(spread - toward * toward + epsilon);
    next_variable[c] = variable[c] - moved;
    next_square[c] = spread;
    next_velocity[c] = moved;
    next_mean[c] = toward;
  }
}

// What is to change, of one shape with its gradient, then rates → the next of each that changes
class AdaptiveKernel : public tensorflow::OpKernel {
 public:
  explicit AdaptiveKernel(tensorflow::OpKernelConstruction *context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("epsilon", &epsilon_));
    OP_REQUIRES_OK(context, context->GetAttr("in_place", &in_place_));
  }
  void Compute(tensorflow::OpKernelContext *context) override {
    const int changed = context->num_outputs();
    const tensorflow::Tensor &rates = context->input(changed + 1);
    for (int i = 1; i <= changed; i++)
      OP_REQUIRES(context, context->input(i).shape() == context->input(0).shape(), absl::InvalidArgumentError("expected one shape"));
    OP_REQUIRES(context, rates.NumElements() == Rates(), absl::InvalidArgumentError("expected other rates"));
    const float *from[kMost + 1] = {};
    float *to[kMost] = {};
    for (int i = 0; i <= changed; i++) from[i] = context->input(i).flat<float>().data();
    for (int i = changed - 1; i >= 0; i--) {
      to[i] = NextOf(context, in_place_, i, i, changed);  // of those that are not lent the last takes the gradient's memory
      if (to[i] == nullptr) return;
    }
    const float *gradient = from[changed], *by = rates.flat<float>().data();
    ForTurns(context, context->input(0).NumElements(), 16, [&](int64_t, int64_t i, int64_t size) {
      const float *own[kMost] = {};
      float *next[kMost] = {};
      for (int k = 0; k < changed; k++) own[k] = from[k] + i, next[k] = to[k] + i;
      Descend(own, gradient + i, by, epsilon_, size, next);
    });
  }

 protected:
  static constexpr int kMost = 4;
  virtual int Rates() const = 0;
  virtual void Descend(const float *const *own, const float *gradient, const float *rates, float epsilon, int64_t size,
                       float *const *next) const = 0;

 private:
  float epsilon_;
  bool in_place_;
};

class AdamKernel : public AdaptiveKernel {
 public:
  using AdaptiveKernel::AdaptiveKernel;

 protected:
  int Rates() const override { return 4; }
  void Descend(const float *const *own, const float *gradient, const float *rates, float epsilon, int64_t size,
               float *const *next) const override {
    DescendAdam(own[0], own[1], own[2], gradient, rates, epsilon, size, next[0], next[1], next[2]);
  }
};

class RmsPropKernel : public AdaptiveKernel {
 public:
  using AdaptiveKernel::AdaptiveKernel;

 protected:
  int Rates() const override { return 3; }
  void Descend(const float *const *own, const float *gradient, const float *rates, float epsilon, int64_t size,
               float *const *next) const override {
    DescendRmsProp(own[0], own[1], own[2], own[3], gradient, rates, epsilon, size, next[0], next[1], next[2], next[3]);
  }
};

}  // namespace

static void RegisterAdaptive() {
  const auto shapes = [](tensorflow::shape_inference::InferenceContext *context) {
    for (int i = 0; i < context->num_outputs(); i++) context->set_output(i, context->input(i));
    return absl::OkStatus();
  };
  REGISTER_OP("SlimlabAdam")
      .Input("variable: float").Input("mean: float").Input("square: float").Input("gradient: float").Input("rates: float")
      .Output("next_variable: float").Output("next_mean: float").Output("next_square: float")
      .Attr("epsilon: float").Attr("in_place: bool = false")
      .SetShapeFn(shapes);
  REGISTER_OP("SlimlabRmsProp")
      .Input("variable: float").Input("square: float").Input("velocity: float").Input("mean: means * float")
      .Input("gradient: float").Input("rates: float")
      .Output("next_variable: float").Output("next_square: float").Output("next_velocity: float").Output("next_mean: means * float")
      .Attr("means: int >= 0 = 0").Attr("epsilon: float").Attr("in_place: bool = false")
      .SetShapeFn(shapes);
  REGISTER_KERNEL_BUILDER(Name("SlimlabAdam").Device(tensorflow::DEVICE_CPU), AdamKernel);
  REGISTER_KERNEL_BUILDER(Name("SlimlabRmsProp").Device(tensorflow::DEVICE_CPU), RmsPropKernel);
}

}  // namespace slimlab
