// What an epilogue reads besides the sums, so that a kernel can fetch it before the sums are there.
#pragma once

#include "mc/epilogue/steps.cuh"

namespace mc::hopper {

// What a step reads, and how often it has blocks exchange something about their rows.
template <class Step>
struct StepNeeds {
  static constexpr bool kBias = false, kResidual = false, kTokenScale = false;
  static constexpr int kExchanges = 0, kExchangedWords = 0;
  using NormElement = void;
};
template <>
struct StepNeeds<Bias> : StepNeeds<void> {
  static constexpr bool kBias = true;
};
template <>
struct StepNeeds<Residual> : StepNeeds<void> {
  static constexpr bool kResidual = true;
};
template <bool kStaticScale, bool kWithBias>
struct StepNeeds<ScaleSums<kStaticScale, kWithBias>> : StepNeeds<void> {
  static constexpr bool kBias = kWithBias, kTokenScale = !kStaticScale;
};
template <class Element, class Epsilon>
struct StepNeeds<LayerNormStep<Element, Epsilon>> : StepNeeds<void> {
  static constexpr int kExchanges = 1, kExchangedWords = 2;
  using NormElement = Element;
};
template <class Format, bool kCodeSum>
struct StepNeeds<QuantizeRows<Format, kCodeSum>> : StepNeeds<void> {
  static constexpr int kExchanges = (Format::kStatic ? 0 : 1) + (kCodeSum ? 1 : 0);
  static constexpr int kExchangedWords = !Format::kStatic && Format::kAsymmetric ? 2 : 1;
};
template <GeluForm kForm, class Format, bool kCodeSum>
struct StepNeeds<GeluQuantizeRows<kForm, Format, kCodeSum>> : StepNeeds<QuantizeRows<Format, kCodeSum>> {};
template <>
struct StepNeeds<StoreRangeParts> : StepNeeds<void> {
  static constexpr int kExchanges = 1;
};

// The same of an epilogue.
template <class Epilogue>
struct EpilogueNeeds;
template <class... Steps>
struct EpilogueNeeds<Epilogue<Steps...>> {
  template <class Element>
  static constexpr int element_bytes(const Element*) {
    return sizeof(Element);
  }
  static constexpr int element_bytes(const void*) { return 0; }

  static constexpr bool kBias = (StepNeeds<Steps>::kBias || ...);
  static constexpr bool kResidual = (StepNeeds<Steps>::kResidual || ...);
  static constexpr bool kTokenScale = (StepNeeds<Steps>::kTokenScale || ...);
  static constexpr int kExchanges = (StepNeeds<Steps>::kExchanges + ...);
  static constexpr int kExchangedWords = ((StepNeeds<Steps>::kExchangedWords > 1) || ...) ? 2 : 1;
  // Of gamma and beta; 0 without layer norm.
  static constexpr int kNormBytes =
      (element_bytes(static_cast<typename StepNeeds<Steps>::NormElement*>(nullptr)) + ...);
};

}  // namespace mc::hopper
