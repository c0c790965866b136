//! SIMD instructions beside arithmetic, for each instruction set: shifts of bits, and rows of a table gathered as columns.
use pulp::{Scalar, Simd};

/// 2⁵²: adding it leaves the nearest integer in the low bits.
pub(crate) const NEAREST_INTEGER: f64 = 4503599627370496.0;

#[inline(always)]
pub(crate) fn table_index(shifted: f64, last: usize) -> usize {
    (shifted.to_bits() as u32 as usize).min(last)
}

/// The operations of an instruction set that `pulp` lacks and the simulator needs.
pub(crate) trait SimdExt: Simd {
    fn shift_left_52(self, bits: Self::u64s) -> Self::u64s;
    fn shift_right_52(self, bits: Self::u64s) -> Self::u64s;
    /// The four columns of the table's rows whose indices are the low bits of `rows`; an index beyond `last` is taken as `last`.
    fn gather_columns(self, table: &[[f64; 4]], rows: &[f64], last: usize) -> [Self::f64s; 4];
}

impl SimdExt for Scalar {
    #[inline(always)]
    fn shift_left_52(self, bits: u64) -> u64 {
        bits << 52
    }

    #[inline(always)]
    fn shift_right_52(self, bits: u64) -> u64 {
        bits >> 52
    }

    #[inline(always)]
    fn gather_columns(self, table: &[[f64; 4]], rows: &[f64], last: usize) -> [f64; 4] {
        table[table_index(rows[0], last)]
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use pulp::x86::{V3, V4};
    use pulp::{cast, f64x4, f64x8, u64x4, u64x8};

    use super::{SimdExt, table_index};

    /// Four rows turned into four columns.
    #[inline(always)]
    fn transposed(simd: V3, table: &[[f64; 4]], rows: &[f64], last: usize) -> [f64x4; 4] {
        let avx = simd.avx;
        let (a, b) = (cast(table[table_index(rows[0], last)]), cast(table[table_index(rows[1], last)]));
        let (c, d) = (cast(table[table_index(rows[2], last)]), cast(table[table_index(rows[3], last)]));
        let (even_low, odd_low) = (avx._mm256_unpacklo_pd(a, b), avx._mm256_unpackhi_pd(a, b));
        let (even_high, odd_high) = (avx._mm256_unpacklo_pd(c, d), avx._mm256_unpackhi_pd(c, d));
        [
            cast(avx._mm256_permute2f128_pd::<0x20>(even_low, even_high)),
            cast(avx._mm256_permute2f128_pd::<0x20>(odd_low, odd_high)),
            cast(avx._mm256_permute2f128_pd::<0x31>(even_low, even_high)),
            cast(avx._mm256_permute2f128_pd::<0x31>(odd_low, odd_high)),
        ]
    }

    impl SimdExt for V3 {
        #[inline(always)]
        fn shift_left_52(self, bits: u64x4) -> u64x4 {
            cast(self.avx2._mm256_slli_epi64::<52>(cast(bits)))
        }

        #[inline(always)]
        fn shift_right_52(self, bits: u64x4) -> u64x4 {
            cast(self.avx2._mm256_srli_epi64::<52>(cast(bits)))
        }

        #[inline(always)]
        fn gather_columns(self, table: &[[f64; 4]], rows: &[f64], last: usize) -> [f64x4; 4] {
            transposed(self, table, rows, last)
        }
    }

    impl SimdExt for V4 {
        #[inline(always)]
        fn shift_left_52(self, bits: u64x8) -> u64x8 {
            cast(self.avx512f._mm512_slli_epi64::<52>(cast(bits)))
        }

        #[inline(always)]
        fn shift_right_52(self, bits: u64x8) -> u64x8 {
            cast(self.avx512f._mm512_srli_epi64::<52>(cast(bits)))
        }

        #[inline(always)]
        fn gather_columns(self, table: &[[f64; 4]], rows: &[f64], last: usize) -> [f64x8; 4] {
            let low = transposed(*self, table, &rows[..4], last);
            let high = transposed(*self, table, &rows[4..], last);
            let mut columns = [cast([0.0f64; 8]); 4];
            for c in 0..4 {
                columns[c] = cast([low[c], high[c]]);
            }
            columns
        }
    }
}
