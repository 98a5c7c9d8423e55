// The operands of inline wgmma instructions, as text and as C++ expressions: N / 8 quadruples of accumulators d[j][0..3]
// first, then the other operands, whose numbers depend on N. Included by wgmma.cuh alone.
#pragma once

#define MC_WGMMA_TEXT_1 "%0, %1, %2, %3"
#define MC_WGMMA_TEXT_2 MC_WGMMA_TEXT_1 ", %4, %5, %6, %7"
#define MC_WGMMA_TEXT_3 MC_WGMMA_TEXT_2 ", %8, %9, %10, %11"
#define MC_WGMMA_TEXT_4 MC_WGMMA_TEXT_3 ", %12, %13, %14, %15"
#define MC_WGMMA_TEXT_5 MC_WGMMA_TEXT_4 ", %16, %17, %18, %19"
#define MC_WGMMA_TEXT_6 MC_WGMMA_TEXT_5 ", %20, %21, %22, %23"
#define MC_WGMMA_TEXT_7 MC_WGMMA_TEXT_6 ", %24, %25, %26, %27"
#define MC_WGMMA_TEXT_8 MC_WGMMA_TEXT_7 ", %28, %29, %30, %31"
#define MC_WGMMA_TEXT_9 MC_WGMMA_TEXT_8 ", %32, %33, %34, %35"
#define MC_WGMMA_TEXT_10 MC_WGMMA_TEXT_9 ", %36, %37, %38, %39"
#define MC_WGMMA_TEXT_11 MC_WGMMA_TEXT_10 ", %40, %41, %42, %43"
#define MC_WGMMA_TEXT_12 MC_WGMMA_TEXT_11 ", %44, %45, %46, %47"
#define MC_WGMMA_TEXT_13 MC_WGMMA_TEXT_12 ", %48, %49, %50, %51"
#define MC_WGMMA_TEXT_14 MC_WGMMA_TEXT_13 ", %52, %53, %54, %55"
#define MC_WGMMA_TEXT_15 MC_WGMMA_TEXT_14 ", %56, %57, %58, %59"
#define MC_WGMMA_TEXT_16 MC_WGMMA_TEXT_15 ", %60, %61, %62, %63"
#define MC_WGMMA_TEXT_17 MC_WGMMA_TEXT_16 ", %64, %65, %66, %67"
#define MC_WGMMA_TEXT_18 MC_WGMMA_TEXT_17 ", %68, %69, %70, %71"
#define MC_WGMMA_TEXT_19 MC_WGMMA_TEXT_18 ", %72, %73, %74, %75"
#define MC_WGMMA_TEXT_20 MC_WGMMA_TEXT_19 ", %76, %77, %78, %79"
#define MC_WGMMA_TEXT_21 MC_WGMMA_TEXT_20 ", %80, %81, %82, %83"
#define MC_WGMMA_TEXT_22 MC_WGMMA_TEXT_21 ", %84, %85, %86, %87"
#define MC_WGMMA_TEXT_23 MC_WGMMA_TEXT_22 ", %88, %89, %90, %91"
#define MC_WGMMA_TEXT_24 MC_WGMMA_TEXT_23 ", %92, %93, %94, %95"
#define MC_WGMMA_TEXT_25 MC_WGMMA_TEXT_24 ", %96, %97, %98, %99"
#define MC_WGMMA_TEXT_26 MC_WGMMA_TEXT_25 ", %100, %101, %102, %103"
#define MC_WGMMA_TEXT_27 MC_WGMMA_TEXT_26 ", %104, %105, %106, %107"
#define MC_WGMMA_TEXT_28 MC_WGMMA_TEXT_27 ", %108, %109, %110, %111"
#define MC_WGMMA_TEXT_29 MC_WGMMA_TEXT_28 ", %112, %113, %114, %115"
#define MC_WGMMA_TEXT_30 MC_WGMMA_TEXT_29 ", %116, %117, %118, %119"
#define MC_WGMMA_TEXT_31 MC_WGMMA_TEXT_30 ", %120, %121, %122, %123"
#define MC_WGMMA_TEXT_32 MC_WGMMA_TEXT_31 ", %124, %125, %126, %127"

#define MC_WGMMA_QUAD(C, J) C(d[J][0]), C(d[J][1]), C(d[J][2]), C(d[J][3])
#define MC_WGMMA_SUMS_1(C) MC_WGMMA_QUAD(C, 0)
#define MC_WGMMA_SUMS_2(C) MC_WGMMA_SUMS_1(C), MC_WGMMA_QUAD(C, 1)
#define MC_WGMMA_SUMS_3(C) MC_WGMMA_SUMS_2(C), MC_WGMMA_QUAD(C, 2)
#define MC_WGMMA_SUMS_4(C) MC_WGMMA_SUMS_3(C), MC_WGMMA_QUAD(C, 3)
#define MC_WGMMA_SUMS_5(C) MC_WGMMA_SUMS_4(C), MC_WGMMA_QUAD(C, 4)
#define MC_WGMMA_SUMS_6(C) MC_WGMMA_SUMS_5(C), MC_WGMMA_QUAD(C, 5)
#define MC_WGMMA_SUMS_7(C) MC_WGMMA_SUMS_6(C), MC_WGMMA_QUAD(C, 6)
#define MC_WGMMA_SUMS_8(C) MC_WGMMA_SUMS_7(C), MC_WGMMA_QUAD(C, 7)
#define MC_WGMMA_SUMS_9(C) MC_WGMMA_SUMS_8(C), MC_WGMMA_QUAD(C, 8)
#define MC_WGMMA_SUMS_10(C) MC_WGMMA_SUMS_9(C), MC_WGMMA_QUAD(C, 9)
#define MC_WGMMA_SUMS_11(C) MC_WGMMA_SUMS_10(C), MC_WGMMA_QUAD(C, 10)
#define MC_WGMMA_SUMS_12(C) MC_WGMMA_SUMS_11(C), MC_WGMMA_QUAD(C, 11)
#define MC_WGMMA_SUMS_13(C) MC_WGMMA_SUMS_12(C), MC_WGMMA_QUAD(C, 12)
#define MC_WGMMA_SUMS_14(C) MC_WGMMA_SUMS_13(C), MC_WGMMA_QUAD(C, 13)
#define MC_WGMMA_SUMS_15(C) MC_WGMMA_SUMS_14(C), MC_WGMMA_QUAD(C, 14)
#define MC_WGMMA_SUMS_16(C) MC_WGMMA_SUMS_15(C), MC_WGMMA_QUAD(C, 15)
#define MC_WGMMA_SUMS_17(C) MC_WGMMA_SUMS_16(C), MC_WGMMA_QUAD(C, 16)
#define MC_WGMMA_SUMS_18(C) MC_WGMMA_SUMS_17(C), MC_WGMMA_QUAD(C, 17)
#define MC_WGMMA_SUMS_19(C) MC_WGMMA_SUMS_18(C), MC_WGMMA_QUAD(C, 18)
#define MC_WGMMA_SUMS_20(C) MC_WGMMA_SUMS_19(C), MC_WGMMA_QUAD(C, 19)
#define MC_WGMMA_SUMS_21(C) MC_WGMMA_SUMS_20(C), MC_WGMMA_QUAD(C, 20)
#define MC_WGMMA_SUMS_22(C) MC_WGMMA_SUMS_21(C), MC_WGMMA_QUAD(C, 21)
#define MC_WGMMA_SUMS_23(C) MC_WGMMA_SUMS_22(C), MC_WGMMA_QUAD(C, 22)
#define MC_WGMMA_SUMS_24(C) MC_WGMMA_SUMS_23(C), MC_WGMMA_QUAD(C, 23)
#define MC_WGMMA_SUMS_25(C) MC_WGMMA_SUMS_24(C), MC_WGMMA_QUAD(C, 24)
#define MC_WGMMA_SUMS_26(C) MC_WGMMA_SUMS_25(C), MC_WGMMA_QUAD(C, 25)
#define MC_WGMMA_SUMS_27(C) MC_WGMMA_SUMS_26(C), MC_WGMMA_QUAD(C, 26)
#define MC_WGMMA_SUMS_28(C) MC_WGMMA_SUMS_27(C), MC_WGMMA_QUAD(C, 27)
#define MC_WGMMA_SUMS_29(C) MC_WGMMA_SUMS_28(C), MC_WGMMA_QUAD(C, 28)
#define MC_WGMMA_SUMS_30(C) MC_WGMMA_SUMS_29(C), MC_WGMMA_QUAD(C, 29)
#define MC_WGMMA_SUMS_31(C) MC_WGMMA_SUMS_30(C), MC_WGMMA_QUAD(C, 30)
#define MC_WGMMA_SUMS_32(C) MC_WGMMA_SUMS_31(C), MC_WGMMA_QUAD(C, 31)

// F(N, N / 8, numbers of the six operands behind the accumulators): the widths that exist for every operand type.
#define MC_WGMMA_FOR_EACH_WIDTH(F) \
  F(8, 1, "%4", "%5", "%6", "%7", "%8", "%9") \
  F(16, 2, "%8", "%9", "%10", "%11", "%12", "%13") \
  F(24, 3, "%12", "%13", "%14", "%15", "%16", "%17") \
  F(32, 4, "%16", "%17", "%18", "%19", "%20", "%21") \
  F(48, 6, "%24", "%25", "%26", "%27", "%28", "%29") \
  F(64, 8, "%32", "%33", "%34", "%35", "%36", "%37") \
  F(80, 10, "%40", "%41", "%42", "%43", "%44", "%45") \
  F(96, 12, "%48", "%49", "%50", "%51", "%52", "%53") \
  F(112, 14, "%56", "%57", "%58", "%59", "%60", "%61") \
  F(128, 16, "%64", "%65", "%66", "%67", "%68", "%69") \
  F(144, 18, "%72", "%73", "%74", "%75", "%76", "%77") \
  F(160, 20, "%80", "%81", "%82", "%83", "%84", "%85") \
  F(176, 22, "%88", "%89", "%90", "%91", "%92", "%93") \
  F(192, 24, "%96", "%97", "%98", "%99", "%100", "%101") \
  F(208, 26, "%104", "%105", "%106", "%107", "%108", "%109") \
  F(224, 28, "%112", "%113", "%114", "%115", "%116", "%117") \
  F(240, 30, "%120", "%121", "%122", "%123", "%124", "%125") \
  F(256, 32, "%128", "%129", "%130", "%131", "%132", "%133")
