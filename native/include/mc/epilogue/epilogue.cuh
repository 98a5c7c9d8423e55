// An epilogue is a list of steps, composed at compile time. The first turns the sums of the mainloop into fp32 values
// that stay in registers; each other step changes or stores them, in order:
//
//   mc::Epilogue<mc::DequantizeWithBias<>, mc::Gelu<mc::GeluForm::kErf>,
//                mc::QuantizeRows<mc::QuantFormat<4, 4, false>>>
//
// A step is a struct with `static void apply(View&, View::Values&, const GemmArguments&)`, its equation at the top of
// its header. Steps are numbered by nothing but their place in the list.
#pragma once

#include "mc/epilogue/output_view.cuh"

namespace mc {

template <class First, class... Steps>
struct Epilogue {
  template <class View, class Result>
  __device__ __forceinline__ static void run(View& view, const Result& result, const GemmArguments& arguments) {
    typename View::Values values;
    First::start(view, result, values, arguments);
    (Steps::apply(view, values, arguments), ...);
  }
};

}  // namespace mc
