// Every epilogue step, for rendered kernels that include one header.
#pragma once

#include "mc/epilogue/activation_functions.cuh"
#include "mc/epilogue/bias.cuh"
#include "mc/epilogue/dequantize.cuh"
#include "mc/epilogue/gelu_quantize_rows.cuh"
#include "mc/epilogue/layer_norm_step.cuh"
#include "mc/epilogue/offsets.cuh"
#include "mc/epilogue/quantize_rows.cuh"
#include "mc/epilogue/residual.cuh"
#include "mc/epilogue/store.cuh"
#include "mc/epilogue/store_range_parts.cuh"
