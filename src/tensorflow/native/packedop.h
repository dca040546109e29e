// Convolutions of inference as operations of our own for CPUs: over weights that are packed once, with bias, ReLU and the sum of a
// residual unit computed while the results are at hand. Those of 3 x 3 weights go by Winograd's algorithm; see winograd.h.
#pragma once
#include "product.h"
#include "winogradop.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace slimlab {
namespace {

// Multiplied at a time: with what they are multiplied by they stay in a processor's second cache, and so few are not worth a thread.
constexpr int64_t kMostRows = 128, kLeastRows = 32;

int64_t PanelsOf(int64_t columns) { return (columns + kPanel - 1) / kPanel; }

// Weights of a convolution → [places, panels, in, kPanel]: those of 1 x 1, or the 16 that Winograd's algorithm makes of 3 x 3.
class PackKernel : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;
  void Compute(tensorflow::OpKernelContext *context) override {
    const tensorflow::Tensor &filter = context->input(0);
    OP_REQUIRES(context, filter.dims() == 4 && filter.dim_size(0) == filter.dim_size(1) && (filter.dim_size(0) == 1 || filter.dim_size(0) == 3),
                absl::InvalidArgumentError("expected filters of 1 x 1 or 3 x 3"));
    const bool is_spread = filter.dim_size(0) == 3;
    const int64_t places = is_spread ? kPlaces : 1, in = filter.dim_size(2), out = filter.dim_size(3), panels = PanelsOf(out);
    tensorflow::Tensor *packed;
    OP_REQUIRES_OK(context, context->allocate_output(0, {places, panels, in, kPanel}, &packed));
    const float *from = filter.flat<float>().data();
    float *to = packed->flat<float>().data();
    context->device()->tensorflow_cpu_worker_threads()->workers->ParallelFor(in, out * places * 4, [&](int64_t row, int64_t end) {
      std::vector<float> near(9 * out), spread(places * out);
      for (; row < end; row++) {
        const float *values = from + row * out;
        if (is_spread) {
          for (int64_t place = 0; place < 9; place++) std::copy_n(values + place * in * out, out, near.data() + place * out);
          SpreadFilters(near.data(), out, out, spread.data());
        }
        for (int64_t place = 0; place < places; place++)
          for (int64_t panel = 0; panel < panels; panel++) {
            const int64_t begin = panel * kPanel, count = std::min(kPanel, out - begin);
            float *at = to + ((place * panels + panel) * in + row) * kPanel;
            std::copy_n((is_spread ? spread.data() + place * out : values) + begin, count, at);
            std::fill(at + count, at + kPanel, 0.0f);
          }
      }
    });
  }
};

// What comes after the products.
struct Finish {
  const float *biases, *side;
  bool rectify;
};

// sums[rows][kPanel] → y[rows], which lie `width` apart, `channels` of each
template <bool kSide, bool kRectify>
SLIMLAB_INLINE void FinishRowsOf(const float *sums, const float *biases, const float *side, int64_t rows, int64_t width, int64_t channels, float *y) {
  for (; rows > 0; rows--, sums += kPanel, y += width, side += kSide ? width : 0) {
    SLIMLAB_ALONG_CHANNELS {
      const float sum = sums[c] + biases[c] + (kSide ? side[c] : 0.0f);
      y[c] = kRectify && sum < 0 ? 0.0f : sum;  // in this order NaN stays NaN
    }
  }
}
SLIMLAB_VECTORIZED void FinishRows(const float *sums, const Finish &how, int64_t rows, int64_t width, int64_t channels, float *y) {
  if (how.side != nullptr && how.rectify) FinishRowsOf<true, true>(sums, how.biases, how.side, rows, width, channels, y);
  else if (how.side != nullptr) FinishRowsOf<true, false>(sums, how.biases, how.side, rows, width, channels, y);
  else if (how.rectify) FinishRowsOf<false, true>(sums, how.biases, how.side, rows, width, channels, y);
  else FinishRowsOf<false, false>(sums, how.biases, how.side, rows, width, channels, y);
}

template <bool kRectify>
SLIMLAB_INLINE float Finished(float sum) { return kRectify && sum < 0 ? 0.0f : sum; }  // in this order NaN stays NaN
template <bool kRectify>
SLIMLAB_INLINE void FinishTileOf(const float *in, int64_t plane, const float *biases, int64_t channels, float *const *out) {
  const float *i[kPlaces];
  for (int64_t k = 0; k < kPlaces; k++) i[k] = in + k * plane;
  float *o00 = out[0], *o01 = out[1], *o10 = out[2], *o11 = out[3];
  SLIMLAB_ALONG_CHANNELS {
    const Two p = GatherTile({i[0][c], i[4][c], i[8][c], i[12][c]}), q = GatherTile({i[1][c], i[5][c], i[9][c], i[13][c]});
    const Two r = GatherTile({i[2][c], i[6][c], i[10][c], i[14][c]}), s = GatherTile({i[3][c], i[7][c], i[11][c], i[15][c]});
    const Two first = GatherTile({p.a, q.a, r.a, s.a}), second = GatherTile({p.b, q.b, r.b, s.b});
    const float bias = biases[c];
    o00[c] = Finished<kRectify>(first.a + bias);
    o01[c] = Finished<kRectify>(first.b + bias);
    o10[c] = Finished<kRectify>(second.a + bias);
    o11[c] = Finished<kRectify>(second.b + bias);
  }
}
// 16 planes of sums to the 4 places of a tile
SLIMLAB_VECTORIZED void FinishTile(const float *in, int64_t plane, const float *biases, bool rectify, int64_t channels, float *const *out) {
  if (rectify) FinishTileOf<true>(in, plane, biases, channels, out);
  else FinishTileOf<false>(in, plane, biases, channels, out);
}

// Work on rows × panels in tasks: of so many rows, and where that makes too few for all threads of a part of the panels.
struct Division {
  tensorflow::OpKernelContext *context;
  int64_t rows, panels, blocks, parts = 1;

  Division(tensorflow::OpKernelContext *context, int64_t rows, int64_t panels) : context(context), rows(rows), panels(panels) {
    const int64_t each = Upwards(Upwards(rows, kMostRows), workers());
    blocks = std::min(each * workers(), std::max<int64_t>(1, rows / kLeastRows));
    if (blocks < workers()) parts = std::min(panels, Upwards(workers(), blocks));
  }
  static int64_t Upwards(int64_t a, int64_t b) { return (a + b - 1) / b; }
  int64_t workers() const { return context->device()->tensorflow_cpu_worker_threads()->num_threads; }
  // Of a task at most.
  int64_t most_rows() const { return Upwards(rows, blocks); }

  struct Task { int64_t row, rows, panel, end; };
  // Calls run(task, number of the thread) for each; the numbers go up to that of workers().
  void Run(const std::function<void(Task, int)> &run) const {
    using Threads = tsl::thread::ThreadPool;
    context->device()->tensorflow_cpu_worker_threads()->workers->ParallelForWithWorkerId(
        blocks * parts, Threads::SchedulingParams::Fixed(1), [&](int64_t i, int64_t last, int number) {
          for (; i < last; i++) {
            const int64_t row = rows * (i / parts) / blocks, part = i % parts;
            run({row, rows * (i / parts + 1) / blocks - row, panels * part / parts, panels * (part + 1) / parts}, number);
          }
        });
  }
};

// x [batch, height, width, in], packed weights, biases [out], side if any → y [batch, height, width, out]
class PackedConvolutionKernel : public tensorflow::OpKernel {
 public:
  explicit PackedConvolutionKernel(tensorflow::OpKernelConstruction *context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("rectify", &rectify_));
    OP_REQUIRES_OK(context, context->GetAttr("sides", &sides_));
  }
  void Compute(tensorflow::OpKernelContext *context) override {
    const tensorflow::Tensor &x = context->input(0), &packed = context->input(1), &biases = context->input(2);
    const auto require = [&](bool condition, const char *message) { if (!condition) context->CtxFailure(absl::InvalidArgumentError(message)); return condition; };
    if (!require(x.dims() == 4 && packed.dims() == 4 && biases.dims() == 1, "expected images, packed weights and biases")) return;
    const int64_t out = biases.dim_size(0), places = packed.dim_size(0);
    if (!require((places == 1 || places == kPlaces) && packed.dim_size(1) == PanelsOf(out) && packed.dim_size(2) == x.dim_size(3) && packed.dim_size(3) == kPanel,
                 "packed weights must be of the images' channels and the biases'")) return;
    tensorflow::TensorShape shape = x.shape();
    shape.set_dim(3, out);
    if (!require(sides_ == 0 || (sides_ == 1 && places == 1 && context->input(3).shape() == shape), "a side must be of the result's shape")) return;
    tensorflow::Tensor *y;
    if (sides_ > 0) OP_REQUIRES_OK(context, context->forward_input_or_allocate_output({3}, 0, shape, &y));
    else OP_REQUIRES_OK(context, context->allocate_output(0, shape, &y));
    const Layer layer{x.flat<float>().data(), packed.flat<float>().data(), x.dim_size(3), out, PanelsOf(out),
                      {biases.flat<float>().data(), sides_ > 0 ? context->input(3).flat<float>().data() : nullptr, rectify_}, y->flat<float>().data()};
    if (x.NumElements() == 0 || out == 0) return;
    if (places == 1) Multiply(context, layer, x.NumElements() / layer.in);
    else Spread(context, layer, Tiling(x.shape()));
  }

 private:
  bool rectify_;
  int sides_;
  const MultiplyPanel multiply_ = FastestProduct();

  struct Layer {
    const float *x, *packed;
    int64_t in, out, panels;
    Finish finish;
    float *y;
    // That of a panel, and the channels that it has.
    Finish at(int64_t panel, int64_t row) const {
      const int64_t begin = panel * kPanel;
      return {finish.biases + begin, finish.side ? finish.side + row * out + begin : nullptr, finish.rectify};
    }
    int64_t channels(int64_t panel) const { return std::min(kPanel, out - panel * kPanel); }
  };

  void Multiply(tensorflow::OpKernelContext *context, const Layer &layer, int64_t rows) const {
    Division(context, rows, layer.panels).Run([&](Division::Task task, int) {
      alignas(64) float sums[kMostRows * kPanel];
      for (int64_t panel = task.panel; panel < task.end; panel++) {
        multiply_(layer.x + task.row * layer.in, layer.packed + panel * layer.in * kPanel, layer.in, task.rows, sums);
        FinishRows(sums, layer.at(panel, task.row), task.rows, layer.out, layer.channels(panel), layer.y + task.row * layer.out + panel * kPanel);
      }
    });
  }

  void Spread(tensorflow::OpKernelContext *context, const Layer &layer, const Tiling &tiling) const {
    constexpr int64_t kApart = 16;  // else rows of all places would fall in one set of a cache
    const Division division(context, tiling.tiles(), layer.panels);
    const int64_t in = layer.in, plane = division.most_rows() * in + kApart, result = division.most_rows() * kPanel + kApart;
    tensorflow::Tensor scratch;
    const int64_t each = kPlaces * (plane + result);
    OP_REQUIRES_OK(context, context->allocate_temp(tensorflow::DT_FLOAT, {division.workers() + 1, each}, &scratch));
    const std::vector<float> zeros(in);
    Tiling to = tiling;
    to.channels = layer.out;
    division.Run([&](Division::Task task, int number) {
      float *spread = scratch.flat<float>().data() + number * each, *sums = spread + kPlaces * plane;
      for (int64_t i = 0; i < task.rows; i++) {
        const Tiling::Place place = tiling.at(task.row + i);
        const float *rows[kPlaces];
        tiling.Rows(layer.x + place.image, place.y - 1, place.x - 1, kPatch, zeros.data(), rows);
        SpreadPatches(rows, in, false, plane, spread + i * in);
      }
      for (int64_t panel = task.panel; panel < task.end; panel++) {
        for (int64_t k = 0; k < kPlaces; k++)
          multiply_(spread + k * plane, layer.packed + (k * layer.panels + panel) * in * kPanel, in, task.rows, sums + k * result);
        float outside[kPanel];
        for (int64_t i = 0; i < task.rows; i++) {
          const Tiling::Place place = to.at(task.row + i);
          float *rows[kTile * kTile];
          to.Rows(layer.y + place.image + panel * kPanel, place.y, place.x, kTile, outside, rows);
          FinishTile(sums + i * kPanel, result, layer.finish.biases + panel * kPanel, layer.finish.rectify, layer.channels(panel), rows);
        }
      }
    });
  }
};

}  // namespace

static void RegisterPacked() {
  using Context = tensorflow::shape_inference::InferenceContext;
  if (FastestProduct() == nullptr) return;  // TensorFlow's own are faster then
  REGISTER_OP("SlimlabPack").Input("filter: float").Output("packed: float").SetShapeFn([](Context *context) {
    const auto filter = context->input(0);
    if (!context->FullyDefined(filter)) return Unknown(context);
    const int64_t places = context->Value(context->Dim(filter, 0)) == 1 ? 1 : kPlaces, out = context->Value(context->Dim(filter, 3));
    context->set_output(0, context->MakeShape({context->MakeDim(places), context->MakeDim(PanelsOf(out)), context->Dim(filter, 2), context->MakeDim(kPanel)}));
    return absl::OkStatus();
  });
  REGISTER_OP("SlimlabPackedConvolution")
      .Input("x: float").Input("packed: float").Input("biases: float").Input("side: sides * float").Output("y: float")
      .Attr("rectify: bool").Attr("sides: int >= 0")
      .SetShapeFn([](Context *context) {
        const auto x = context->input(0), biases = context->input(2);
        if (!context->RankKnown(x) || !context->RankKnown(biases)) return Unknown(context);
        context->set_output(0, context->MakeShape({context->Dim(x, 0), context->Dim(x, 1), context->Dim(x, 2), context->Dim(biases, 0)}));
        return absl::OkStatus();
      });
  REGISTER_KERNEL_BUILDER(Name("SlimlabPack").Device(tensorflow::DEVICE_CPU), PackKernel);
  REGISTER_KERNEL_BUILDER(Name("SlimlabPackedConvolution").Device(tensorflow::DEVICE_CPU), PackedConvolutionKernel);
}

}  // namespace slimlab
