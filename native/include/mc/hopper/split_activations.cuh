// Where a block of the split GEMM has its activations from: codes that the kernel ahead made, or fp32 values that this
// kernel quantizes itself. Either way they end up as the rows that ResidentMainloop multiplies, and their scales as
// kTileM floats beside them. Rows beyond the tokens are read like others; what they hold has no effect.
#pragma once

#include "mc/gemm_arguments.cuh"
#include "mc/hopper/resident_mainloop.cuh"
#include "mc/hopper/split_tile.cuh"
#include "mc/ptx.cuh"
#include "mc/quantize.cuh"
#include "mc/reduce.cuh"

namespace mc::hopper {

// arguments.activations: codes [rows, K]; arguments.activation_scale: [rows]. kCodeBits: of a code, whatever its
// container has.
template <int kCodeBits_>
struct CodesOfRows {
  static constexpr int kCodeBits = kCodeBits_;
  static constexpr int kScratchBytes = 0;

  template <class Tile>
  struct Reader {
    using Loop = ResidentMainloop<typename Tile::Part, typename Tile::Block>;
    static constexpr int kPieces = Tile::Part::kRowBytes / 16;  // of a row
    static constexpr int kRowsAtATime = Tile::kThreads / kPieces;
    static_assert(kRowsAtATime >= 1, "a row of a part has at most kThreads pieces of 16 bytes");

    const unsigned char* source;
    const unsigned char* scale;
    unsigned target, scale_target;
    int row;

    // rows: where the mainloop expects the activations; scales: [kTileM]. Both are offsets in dynamic shared memory.
    __device__ __forceinline__ Reader(const GemmArguments& arguments, const SplitPlace<Tile>& place, int first_row,
                                      int rows, int scales) {
      const int thread = static_cast<int>(threadIdx.x), piece = thread % kPieces;
      row = thread < kRowsAtATime * kPieces ? thread / kPieces : Tile::kTileM;
      source = static_cast<const unsigned char*>(arguments.activations) +
               static_cast<long long>(first_row + row) * Tile::Problem::kRowBytes +
               place.part_k * Tile::Part::kRowBytes + piece * 16;
      const unsigned shared = ptx::shared_address(ptx::dynamic_shared());
      target = shared + rows + row * Loop::kRowStride + piece * 16;
      scale = reinterpret_cast<const unsigned char*>(arguments.activation_scale) + 4 * first_row + 16 * thread;
      scale_target = shared + scales + 16 * thread;
      ptx::keep(source), ptx::keep(scale), ptx::keep(target), ptx::keep(scale_target), ptx::keep(row);
    }

    // Starts to read. After the kernel ahead.
    __device__ __forceinline__ void start() {
#pragma unroll
      for (int first = 0; first < Tile::kTileM; first += kRowsAtATime) {
        if (row >= Tile::kTileM - first) continue;
        ptx::copy_async_16(target + first * Loop::kRowStride, source + first * Tile::Problem::kRowBytes, true);
      }
      if (static_cast<int>(threadIdx.x) < Tile::kTileM / 4) ptx::copy_async_16(scale_target, scale, true);
    }

    // Afterwards rows and scales are in shared memory once this thread's copies have ended, for the block once it has
    // passed a barrier.
    __device__ __forceinline__ void finish(unsigned char*) {}
  };
};

// arguments.activations: fp32 values [rows, K]; arguments.range_parts: [rows, kParts], the largest |value| of each
// kParts-th of a row (StoreRangeParts). A row's scale is that of Format for the row's whole range, its codes those that
// QuantizeRows would have stored.
template <class Format, int kParts>
struct ValuesOfRows {
  static_assert(!Format::kAsymmetric && !Format::kStatic, "values are quantized in symmetric, dynamic formats");
  static_assert(Format::kContainerBits == 8, "codes are bytes");
  static_assert(kParts % 4 == 0, "parts of a row's range are read 16 bytes at a time");
  static constexpr int kCodeBits = Format::kBits;

  template <class Tile>
  struct Reader {
    using Loop = ResidentMainloop<typename Tile::Part, typename Tile::Block>;
    static constexpr int kRowThreads = Tile::kThreads / Tile::kTileM;
    static constexpr int kQuads = Tile::Part::kK / 4 / kRowThreads;  // of neighbouring values, in a thread
    // The lanes that find a row's range: up to 8, 4 parts at a time.
    static constexpr int kRangeLanes = kParts % 32 == 0 ? 8 : kParts % 16 == 0 ? 4 : 2;
    static constexpr int kRangeQuads = kParts / 4 / kRangeLanes;
    static constexpr int kRangeThreads = Tile::kTileM * kRangeLanes;
    static_assert(Tile::kThreads % Tile::kTileM == 0 && Tile::Part::kK % (4 * kRowThreads) == 0,
                  "the threads of a row divide its values in fours");
    static_assert(kRangeThreads <= Tile::kThreads && kRangeThreads % 32 == 0,
                  "whole warps find the ranges of all rows");

    const unsigned char* source;
    const unsigned char* range_source;
    unsigned target;
    int row;
    float clip;
    float4 values[kQuads];
    float4 ranges[kRangeQuads];

    __device__ __forceinline__ Reader(const GemmArguments& arguments, const SplitPlace<Tile>& place, int first_row,
                                      int rows, int) {
      const int thread = static_cast<int>(threadIdx.x), quad = thread % kRowThreads;
      row = thread / kRowThreads;
      source = static_cast<const unsigned char*>(arguments.activations) +
               4 * (static_cast<long long>(first_row + row) * Tile::Problem::kK + place.part_k * Tile::Part::kK) +
               16 * quad;
      range_source = reinterpret_cast<const unsigned char*>(arguments.range_parts) +
                     4ll * (first_row + thread / kRangeLanes) * kParts + 16 * (thread % kRangeLanes);
      target = rows + row * Loop::kRowStride + quad * 4;
      ptx::keep(source), ptx::keep(range_source), ptx::keep(target), ptx::keep(row);
      clip = arguments.quantized.clip;
    }

    __device__ __forceinline__ void start() {
      if (static_cast<int>(threadIdx.x) < kRangeThreads) {
#pragma unroll
        for (int i = 0; i < kRangeQuads; ++i) ranges[i] = ptx::load_global_16(range_source + 16 * i * kRangeLanes);
      }
#pragma unroll
      for (int i = 0; i < kQuads; ++i) values[i] = ptx::load_global_16(source + 16 * i * kRowThreads);
    }

    // scales: [kTileM] S, then [kTileM] 1 / S. Called by the whole block; rows and scales are there once it has passed
    // another barrier.
    __device__ __forceinline__ void finish(unsigned char* shared_scales) {
      float* scales = reinterpret_cast<float*>(shared_scales);
      if (static_cast<int>(threadIdx.x) < kRangeThreads) {
        float largest = 0.0f;
#pragma unroll
        for (int i = 0; i < kRangeQuads; ++i) {
          const float4 part = ranges[i];
          largest = fmaxf(largest, fmaxf(fmaxf(part.x, part.y), fmaxf(part.z, part.w)));
        }
        largest = lanes_reduce<MaxOp, kRangeLanes>(largest);
        const QuantParams params = Format::from_range({-largest, largest}, clip);
        if (threadIdx.x % kRangeLanes == 0) {
          scales[threadIdx.x / kRangeLanes] = params.scale;
          scales[Tile::kTileM + threadIdx.x / kRangeLanes] = params.inv;
        }
      }
      __syncthreads();
      const QuantParams params = {scales[row], 0.0f, scales[Tile::kTileM + row]};
#pragma unroll
      for (int i = 0; i < kQuads; ++i) {
        const int first = Format::quantize_bits(values[i].x, params, clip);
        const int second = Format::quantize_bits(values[i].y, params, clip);
        const int third = Format::quantize_bits(values[i].z, params, clip);
        const int fourth = Format::quantize_bits(values[i].w, params, clip);
        *reinterpret_cast<unsigned*>(ptx::dynamic_shared() + target + 4 * i * kRowThreads) =
            __byte_perm(__byte_perm(first, second, 0x0040), __byte_perm(third, fourth, 0x0040), 0x5410);
      }
    }
  };
};

}  // namespace mc::hopper
