// What surrounds the matrix products of Winograd's convolution, as operations of our own for CPUs. What they compute,
// winograd.h says; this divides it among TensorFlow's threads.
#pragma once
#include "winograd.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace slimlab {
namespace {

// The tiles of images [batch, height, width, channels], in rows; what lies outside of an image reads as zero and is not written.
struct Tiling {
  int64_t batch, height, width, channels, down, across;

  // @param grown  by how much they are higher and wider than that shape
  explicit Tiling(const tensorflow::TensorShape &shape, int64_t grown = 0)
      : batch(shape.dim_size(0)), height(shape.dim_size(1) + grown), width(shape.dim_size(2) + grown), channels(shape.dim_size(3)),
        down((height + kTile - 1) / kTile), across((width + kTile - 1) / kTile) {}
  // How many values an image has.
  int64_t size() const { return height * width * channels; }
  int64_t tiles() const { return batch * down * across; }

  // Where a tile is: its image's first value, its upper left place.
  struct Place { int64_t image, y, x; };
  Place at(int64_t tile) const {
    const int64_t row = tile / across;
    return {row / down * height * width * channels, row % down * kTile, tile % across * kTile};
  }

  // Calls task(tile, image, y, x) for each: its number, its image's first value, its upper left place.
  void Run(tensorflow::OpKernelContext *context, const std::function<void(int64_t tile, int64_t image, int64_t y, int64_t x)> &task) const {
    const int64_t cost = across * channels * kPlaces;  // cycles a row, as ParallelFor() weighs whether a thread is worth it
    context->device()->tensorflow_cpu_worker_threads()->workers->ParallelFor(batch * down, cost, [&](int64_t row, int64_t end) {
      for (; row < end; row++)
        for (int64_t i = 0; i < across; i++)
          task(row * across + i, row / down * height * width * channels, row % down * kTile, i * kTile);
    });
  }
  // The rows of `side` x `side` places from (y, x) on, or `outside` for those that are none.
  template <class Value>
  void Rows(Value *image, int64_t y, int64_t x, int64_t side, Value *outside, Value **rows) const {
    for (int64_t i = 0; i < side * side; i++) {
      const int64_t v = y + i / side, u = x + i % side;
      const bool is_inside = v >= 0 && v < height && u >= 0 && u < width;
      rows[i] = is_inside ? image + (v * width + u) * channels : outside;
    }
  }
};

// By how much what a 3 x 3 filter gives is higher and wider than images with so many zeros around them.
int64_t Grown(int64_t padding) { return 2 * (padding - 1); }

#define SLIMLAB_REQUIRE(condition, message) OP_REQUIRES(context, condition, absl::InvalidArgumentError(message))

// x [batch, height, width, channels] → [16, tiles, channels]: of x's patches or of tiles that x is the gradient of
class WinogradSpreadKernel : public tensorflow::OpKernel {
 public:
  explicit WinogradSpreadKernel(tensorflow::OpKernelConstruction *context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("patches", &patches_));
    OP_REQUIRES_OK(context, context->GetAttr("reversed", &reversed_));
    OP_REQUIRES_OK(context, context->GetAttr("padding", &padding_));
  }
  void Compute(tensorflow::OpKernelContext *context) override {
    const tensorflow::Tensor &x = context->input(0);
    SLIMLAB_REQUIRE(x.dims() == 4, "x must be [batch, height, width, channels]");
    const Tiling images(x.shape()), tiling(x.shape(), Grown(padding_));
    SLIMLAB_REQUIRE(tiling.height >= 0 && tiling.width >= 0, "x must not be smaller than the filter");
    const int64_t channels = tiling.channels, plane = tiling.tiles() * channels;
    tensorflow::Tensor *spread;
    OP_REQUIRES_OK(context, context->allocate_output(0, {kPlaces, tiling.tiles(), channels}, &spread));
    const std::vector<float> zeros(channels);
    const float *from = x.flat<float>().data();
    float *to = spread->flat<float>().data();
    tiling.Run(context, [&](int64_t tile, int64_t, int64_t y, int64_t x) {
      const float *rows[kPlaces], *image = from + tile / (tiling.down * tiling.across) * images.size();
      if (patches_) {
        images.Rows(image, y - padding_, x - padding_, kPatch, zeros.data(), rows);
        SpreadPatches(rows, channels, reversed_, plane, to + tile * channels);
      } else {
        images.Rows(image, y, x, kTile, zeros.data(), rows);
        SpreadTiles(rows, channels, plane, to + tile * channels);
      }
    });
  }

 private:
  bool patches_, reversed_;
  int64_t padding_;
};

// products [16, tiles, channels], images that were spread with that padding → [batch, height, width, channels]
class WinogradGatherKernel : public tensorflow::OpKernel {
 public:
  explicit WinogradGatherKernel(tensorflow::OpKernelConstruction *context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("reversed", &reversed_));
    OP_REQUIRES_OK(context, context->GetAttr("padding", &padding_));
  }
  void Compute(tensorflow::OpKernelContext *context) override {
    const tensorflow::Tensor &products = context->input(0), &like = context->input(1);
    SLIMLAB_REQUIRE(products.dims() == 3 && like.dims() == 4, "expected [16, tiles, channels] and images");
    tensorflow::TensorShape shape = like.shape();
    shape.set_dim(3, products.dim_size(2));
    const Tiling tiling(shape, Grown(padding_));
    SLIMLAB_REQUIRE(tiling.height >= 0 && tiling.width >= 0 && products.dim_size(0) == kPlaces && products.dim_size(1) == tiling.tiles(), "expected 16 values of each tile");
    shape.set_dim(1, tiling.height), shape.set_dim(2, tiling.width);
    const int64_t channels = tiling.channels, plane = tiling.tiles() * channels;
    tensorflow::Tensor *y;
    OP_REQUIRES_OK(context, context->allocate_output(0, shape, &y));
    const float *from = products.flat<float>().data();
    float *to = y->flat<float>().data();
    tiling.Run(context, [&](int64_t tile, int64_t image, int64_t y, int64_t x) {
      static thread_local std::vector<float> outside;
      outside.resize(channels);
      float *rows[kTile * kTile];
      tiling.Rows(to + image, y, x, kTile, outside.data(), rows);
      GatherTiles(from + tile * channels, plane, channels, reversed_, rows);
    });
  }

 private:
  bool reversed_;
  int64_t padding_;
};

using FilterLoop = void (*)(const float *in, int64_t plane, int64_t channels, float *out);

// filters [3, 3, in, out] → [16, in, out], or its gradient the other way
template <FilterLoop kLoop, int64_t kFrom, int64_t kTo>
class WinogradFilterKernel : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;
  void Compute(tensorflow::OpKernelContext *context) override {
    const tensorflow::Tensor &from = context->input(0);
    const int dims = from.dims();
    SLIMLAB_REQUIRE(dims >= 3, "expected filters");
    const int64_t in = from.dim_size(dims - 2), out = from.dim_size(dims - 1), plane = in * out;
    SLIMLAB_REQUIRE(from.NumElements() == kFrom * plane, "expected filters of 3 x 3 places, or 16 of each that was spread");
    const auto shape = kTo == kPlaces ? tensorflow::TensorShape({kPlaces, in, out}) : tensorflow::TensorShape({3, 3, in, out});
    tensorflow::Tensor *to;
    OP_REQUIRES_OK(context, context->allocate_output(0, shape, &to));
    const float *values = from.flat<float>().data();
    float *results = to->flat<float>().data();
    context->device()->tensorflow_cpu_worker_threads()->workers->ParallelFor(plane, kPlaces, [&](int64_t i, int64_t end) {
      kLoop(values + i, plane, end - i, results + i);
    });
  }
};
#undef SLIMLAB_REQUIRE

absl::Status Unknown(tensorflow::shape_inference::InferenceContext *context) {
  context->set_output(0, context->UnknownShape());
  return absl::OkStatus();
}

}  // namespace

static void RegisterWinograd() {
  using Context = tensorflow::shape_inference::InferenceContext;
  REGISTER_OP("SlimlabWinogradSpread")
      .Input("x: float").Input("after: afters * float").Output("spread: float")
      .Attr("patches: bool").Attr("reversed: bool").Attr("padding: int >= 0 = 1").Attr("afters: int >= 0 = 0")
      .SetShapeFn([](Context *context) {
        int64_t padding;
        TF_RETURN_IF_ERROR(context->GetAttr("padding", &padding));
        const int64_t more = 1 + Grown(padding);
        const auto x = context->input(0);
        const auto channels = context->RankKnown(x) ? context->Dim(x, 3) : context->UnknownDim();
        const auto size = [&](int i) { return context->RankKnown(x) ? context->Value(context->Dim(x, i)) : -1; };
        const bool is_known = size(0) >= 0 && std::min(size(1), size(2)) >= std::max<int64_t>(0, 1 - more);
        const auto tiles = is_known ? context->MakeDim(size(0) * ((size(1) + more) / 2) * ((size(2) + more) / 2)) : context->UnknownDim();
        context->set_output(0, context->MakeShape({context->MakeDim(kPlaces), tiles, channels}));
        return absl::OkStatus();
      });
  REGISTER_OP("SlimlabWinogradGather")
      .Input("products: float").Input("like: float").Output("y: float").Attr("reversed: bool").Attr("padding: int >= 0 = 1")
      .SetShapeFn([](Context *context) {
        int64_t padding;
        TF_RETURN_IF_ERROR(context->GetAttr("padding", &padding));
        const auto products = context->input(0), like = context->input(1);
        if (!context->RankKnown(products) || !context->RankKnown(like)) return Unknown(context);
        const auto channels = context->Dim(products, 2);
        const auto side = [&](int i) {
          const auto size = context->Value(context->Dim(like, i));
          return size < 0 ? context->UnknownDim() : context->MakeDim(std::max<int64_t>(0, size + Grown(padding)));
        };
        context->set_output(0, context->MakeShape({context->Dim(like, 0), side(1), side(2), channels}));
        return absl::OkStatus();
      });
  REGISTER_OP("SlimlabWinogradFilter").Input("filter: float").Output("spread: float").SetShapeFn([](Context *context) {
    const auto filter = context->input(0);
    if (!context->RankKnown(filter)) return Unknown(context);
    context->set_output(0, context->MakeShape({context->MakeDim(kPlaces), context->Dim(filter, 2), context->Dim(filter, 3)}));
    return absl::OkStatus();
  });
  REGISTER_OP("SlimlabWinogradFilterGrad").Input("spread: float").Output("filter: float").SetShapeFn([](Context *context) {
    const auto spread = context->input(0), three = context->MakeShape({3, 3});
    if (!context->RankKnown(spread)) return Unknown(context);
    context->set_output(0, context->MakeShape({context->Dim(three, 0), context->Dim(three, 1), context->Dim(spread, 1), context->Dim(spread, 2)}));
    return absl::OkStatus();
  });
  using SpreadFilterKernel = WinogradFilterKernel<SpreadFilters, 9, kPlaces>;
  using GatherFilterKernel = WinogradFilterKernel<GatherFilters, kPlaces, 9>;
  REGISTER_KERNEL_BUILDER(Name("SlimlabWinogradSpread").Device(tensorflow::DEVICE_CPU), WinogradSpreadKernel);
  REGISTER_KERNEL_BUILDER(Name("SlimlabWinogradGather").Device(tensorflow::DEVICE_CPU), WinogradGatherKernel);
  REGISTER_KERNEL_BUILDER(Name("SlimlabWinogradFilter").Device(tensorflow::DEVICE_CPU), SpreadFilterKernel);
  REGISTER_KERNEL_BUILDER(Name("SlimlabWinogradFilterGrad").Device(tensorflow::DEVICE_CPU), GatherFilterKernel);
}

}  // namespace slimlab
