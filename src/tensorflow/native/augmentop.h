// Changes of one photo, one after the other, as one operation: what each changes is made of bytes at once.
#pragma once
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "augmentgeometry.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace slimlab {
namespace {

// In the order of ../ops/augment.ts.
enum Change : int32_t {
  kIdentity, kShearX, kShearY, kTranslateX, kTranslateY, kRotate, kBrightness, kColor, kContrast, kSharpness, kPosterize, kSolarize,
  kAutoContrast, kEqualize, kInvert, kGrayscale, kAffine, kPerspective, kBlur, kErase,
};

constexpr int kAmounts = 8;

constexpr const char *kNames[] = {
  "identity", "shearX", "shearY", "translateX", "translateY", "rotate", "brightness", "color", "contrast", "sharpness", "posterize",
  "solarize", "autocontrast", "equalize", "invert", "grayscale", "affine", "perspective", "gaussianBlur", "erase",
};

// What a change was to be made by, and of what, for the error of one that can't be made.
std::string Described(int32_t change, const float *amounts, const Photo &photo) {
  const bool isKnown = change >= 0 && change < int32_t(std::size(kNames));
  std::string all;
  for (int i = 0; i < kAmounts; i++) all += absl::StrCat(i == 0 ? "" : ", ", amounts[i]);
  return absl::StrCat("expected amounts that make a change of an image of ", photo.height, " x ", photo.width, ", got for ",
                      isKnown ? kNames[change] : "none", " [", all, "]");
}

bool Shift(Photo &photo, Change change, const float *amounts, const Sampling &sampling) {
  const double none[2] = {0, 0}, middle[2] = {photo.width * 0.5, photo.height * 0.5}, amount = amounts[0];
  const double sheared = std::atan(amount) * (180 / M_PI);
  const double shear[2] = {change == kShearX ? sheared : 0, change == kShearY ? sheared : 0};
  const double whole = std::trunc(amount + std::copysign(1e-3, amount));  // a share of a side may be just less than it
  const double translate[2] = {change == kTranslateX ? whole : 0, change == kTranslateY ? whole : 0};
  const bool isShear = change == kShearX || change == kShearY;
  Move(photo, AffinePlaces(0, translate, 1, shear, isShear ? none : middle), sampling, false);
  return true;
}

bool Affine(Photo &photo, const float *amounts, const Sampling &sampling) {
  const double translate[2] = {amounts[1], amounts[2]}, shear[2] = {amounts[4], amounts[5]};
  const double center[2] = {std::isnan(amounts[6]) ? photo.width * 0.5 : amounts[6], std::isnan(amounts[7]) ? photo.height * 0.5 : amounts[7]};
  if (!(amounts[3] > 0)) return false;
  Move(photo, AffinePlaces(amounts[0], translate, amounts[3], shear, center), sampling, false);
  return true;
}

bool Perspective(Photo &photo, const float *amounts, const Sampling &sampling) {
  Places places;
  if (!PerspectivePlaces(amounts, photo.height, photo.width, places)) return false;
  Move(photo, places, sampling, true);
  return true;
}

// amounts: weights, and the standard deviations along and down
bool Blur(Photo &photo, const float *amounts) {
  const float size = amounts[0], most = 2.0f * float(std::min(photo.height, photo.width)) - 1;
  if (!(size >= 1 && size <= most && std::fmod(size, 2.0f) == 1 && amounts[1] > 0 && amounts[2] > 0)) return false;
  GaussianBlur(photo, int(size), amounts[1], amounts[2]);
  return true;
}

// amounts: top, left, height, width, red, green, blue
bool Erase(Photo &photo, const float *amounts) {
  const auto within = [](float at, int64_t most) { return int64_t(std::min(std::max(at, 0.0f), float(most))); };
  const int64_t top = within(amounts[0], photo.height), bottom = within(amounts[0] + amounts[2], photo.height);
  const int64_t left = within(amounts[1], photo.width), right = within(amounts[1] + amounts[3], photo.width);
  for (int64_t y = top; y < bottom; y++)
    for (int64_t x = left; x < right; x++)
      for (int c = 0; c < 3; c++) photo.pixels[3 * (y * photo.width + x) + c] = uint8_t(within(amounts[4 + c] + 0.5f, 255));
  return true;
}

void Enhance(Photo &photo, Change change, float factor) {
  if (change == kBrightness) BlendFrom(photo, 0, factor);
  if (change == kColor) BlendFrom(photo, Grayscale(photo), factor);
  if (change == kContrast) BlendFrom(photo, MeanGrey(photo), factor);
  if (change == kSharpness) BlendFrom(photo, Smooth(photo), factor);
}

bool Apply(Photo &photo, Change change, const float *amounts, const Sampling &sampling) {
  for (int i = 0; i < 6; i++)
    if (!std::isfinite(amounts[i])) return false;
  switch (change) {
    case kIdentity: return true;
    case kShearX: case kShearY: case kTranslateX: case kTranslateY: return Shift(photo, change, amounts, sampling);
    case kRotate: Move(photo, RotationPlaces(amounts[0], photo.height, photo.width), sampling, false); return true;
    case kBrightness: case kColor: case kContrast: case kSharpness: Enhance(photo, change, amounts[0]); return true;
    case kPosterize: {
      const int bits = int(std::min(std::max(amounts[0], 0.0f), 8.0f));
      LookUp(photo, [&](int i) { return uint8_t(i & ~((1 << (8 - bits)) - 1)); });
      return true;
    }
    case kSolarize: LookUp(photo, [&](int i) { return uint8_t(float(i) < amounts[0] ? i : 255 - i); }); return true;
    case kAutoContrast: ByHistograms(photo, Stretched); return true;
    case kEqualize: ByHistograms(photo, Equalized); return true;
    case kInvert: LookUp(photo, [](int i) { return uint8_t(255 - i); }); return true;
    case kGrayscale: photo = Grayscale(photo); return true;
    case kAffine: return Affine(photo, amounts, sampling);
    case kPerspective: return Perspective(photo, amounts, sampling);
    case kBlur: return Blur(photo, amounts);
    case kErase: return Erase(photo, amounts);
  }
  return false;
}

// Rounded; false if there are others than 0…255
bool ToBytes(const uint8_t *from, int64_t count, uint8_t *to) {
  std::memcpy(to, from, count);
  return true;
}

SLIMLAB_AS_WRITTEN bool ToBytes(const int32_t *from, int64_t count, uint8_t *to) {
  uint32_t bits = 0;
  for (int64_t i = 0; i < count; i++) {
    bits |= uint32_t(from[i]);
    to[i] = uint8_t(from[i]);
  }
  return bits < 256;
}

SLIMLAB_AS_WRITTEN bool ToBytes(const float *from, int64_t count, uint8_t *to) {
  int isInside = 1;  // not of NaN
  for (int64_t i = 0; i < count; i++) {
    isInside &= int(from[i] > -0.5f) & int(from[i] < 255.5f);
    to[i] = uint8_t(int(std::min(std::max(0.0f, from[i] + 0.5f), 255.0f)));
  }
  return isInside == 1;
}

// image [h, w, 3], changes [n], amounts [n, 8]
template <typename T>
class AugmentKernel : public tensorflow::OpKernel {
 public:
  explicit AugmentKernel(tensorflow::OpKernelConstruction *context) : OpKernel(context) {
    std::vector<float> fill;
    OP_REQUIRES_OK(context, context->GetAttr("fill", &fill));
    OP_REQUIRES_OK(context, context->GetAttr("bilinear", &sampling_.bilinear));
    OP_REQUIRES(context, fill.size() == 3, absl::InvalidArgumentError("expected a fill of 3 numbers"));
    for (int c = 0; c < 3; c++) sampling_.fill[c] = uint8_t(std::min(std::max(fill[c] + 0.5f, 0.0f), 255.0f));
  }
  void Compute(tensorflow::OpKernelContext *context) override {
    const tensorflow::Tensor &image = context->input(0), &changes = context->input(1), &amounts = context->input(2);
    OP_REQUIRES(context, image.dims() == 3 && image.dim_size(2) == 3 && image.NumElements() > 0,
                absl::InvalidArgumentError("expected an image [height, width, 3]"));
    OP_REQUIRES(context, amounts.NumElements() == changes.NumElements() * kAmounts,
                absl::InvalidArgumentError("expected 8 amounts a change"));
    Photo photo = {image.dim_size(0), image.dim_size(1), std::vector<uint8_t>(image.NumElements())};
    OP_REQUIRES(context, ToBytes(image.flat<T>().data(), image.NumElements(), photo.pixels.data()),
                absl::InvalidArgumentError("expected pixels in 0…255: an image is augmented before its means are subtracted"));
    for (int64_t i = 0; i < changes.NumElements(); i++)
      OP_REQUIRES(context, Apply(photo, Change(changes.flat<int32_t>()(i)), amounts.flat<float>().data() + i * kAmounts, sampling_),
                  absl::InvalidArgumentError(Described(changes.flat<int32_t>()(i), amounts.flat<float>().data() + i * kAmounts, photo)));
    tensorflow::Tensor *output;
    OP_REQUIRES_OK(context, context->allocate_output(0, image.shape(), &output));
    Widen(photo.pixels.data(), image.NumElements(), output->flat<float>().data());
  }

 private:
  Sampling sampling_;
};

}  // namespace

static void RegisterAugment() {
  REGISTER_OP("SlimlabAugment")
      .Input("image: T").Input("changes: int32").Input("amounts: float").Output("augmented: float")
      .Attr("T: {uint8, int32, float}").Attr("fill: list(float)").Attr("bilinear: bool")
      .SetShapeFn([](tensorflow::shape_inference::InferenceContext *context) {
        context->set_output(0, context->input(0));
        return absl::OkStatus();
      });
  REGISTER_KERNEL_BUILDER(Name("SlimlabAugment").Device(tensorflow::DEVICE_CPU).TypeConstraint<uint8_t>("T"), AugmentKernel<uint8_t>);
  REGISTER_KERNEL_BUILDER(Name("SlimlabAugment").Device(tensorflow::DEVICE_CPU).TypeConstraint<int32_t>("T"), AugmentKernel<int32_t>);
  REGISTER_KERNEL_BUILDER(Name("SlimlabAugment").Device(tensorflow::DEVICE_CPU).TypeConstraint<float>("T"), AugmentKernel<float>);
}

}  // namespace slimlab
