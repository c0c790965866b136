//! Vectors of several profiles side by side, as wide as the processor has them.
//!
//! The formulas of the simulator are written once, over a `Vector`. Every operation is rounded as its scalar twin is,
//! the fused multiplication and addition too, so a profile gets the same bits on every machine.
use std::ops::{Add, Div, Mul, Neg, Sub};

#[cfg(target_arch = "x86_64")]
use pulp::x86::{V3, V4};
use pulp::{Scalar, Simd, WithSimd};

use crate::battery::simd::instructions::{NEAREST_INTEGER, SimdExt, table_index};

/// Profiles that are simulated side by side.
pub const LANES: usize = 8;

/// One number for each profile.
pub type Lanes = [f64; LANES];

/// One number a lane: the value of `f` at the lane's index.
#[inline(always)]
pub(crate) fn each(f: impl Fn(usize) -> f64) -> Lanes {
    let mut lanes = [0.0; LANES];
    for (l, lane) in lanes.iter_mut().enumerate() {
        *lane = f(l);
    }
    lanes
}

/// A vector of numbers that one instruction works on: of all lanes, of some, or of one.
pub trait Vector:
    Copy
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
    + Div<f64, Output = Self>
    + Operand<Self>
{
    /// Numbers in a vector.
    const WIDTH: usize;

    /// The same number in each place; `self` only selects the instruction set.
    fn splat(self, value: f64) -> Self;
    /// The first numbers of a slice; `self` only selects the instruction set.
    fn load(self, from: &[f64]) -> Self;
    fn store(self, to: &mut [f64]);

    /// `self * factor + summand`, rounded once.
    fn mul_add(self, factor: impl Operand<Self>, summand: impl Operand<Self>) -> Self;
    fn max(self, other: impl Operand<Self>) -> Self;
    fn min(self, other: impl Operand<Self>) -> Self;
    fn abs(self) -> Self;
    fn sqrt(self) -> Self;
    /// The magnitude of `self` with the sign of `sign`.
    fn copysign(self, sign: Self) -> Self;
    /// `then` where `self` is greater than `bound`, `otherwise` elsewhere.
    fn select_gt(self, bound: impl Operand<Self>, then: Self, otherwise: Self) -> Self;
    /// `eˣ` to 2 units in the last place; arguments beyond ±700 are taken as ±700.
    fn exp(self) -> Self;
    /// The natural logarithm of a positive normal number, to 3 units in the last place.
    fn ln(self) -> Self;
    /// The nearest integers of numbers between 0 and 2³¹, and the table's row at each of them.
    fn look_up(self, table: &[[f64; 4]]) -> (Self, [Self; 4]);
    /// The entry of a table of one column at the nearest integer of each number between 0 and 2³¹.
    fn look_up_one(self, table: &[f64]) -> Self;

    /// Runs a kernel as a function of its own, so that a long one is not copied into each of its callers.
    fn run_separately<T: Kernel<Self>>(self, kernel: T) -> T::Output;
}

/// A long computation, compiled once for each instruction set; `run` must be `#[inline(always)]`.
pub trait Kernel<V> {
    type Output;

    fn run(self, like: V) -> Self::Output;
}

/// Runs a kernel with the widest vectors that this processor has.
#[cfg(target_arch = "x86_64")]
pub(crate) fn widest<O, T>(kernel: T) -> O
where
    T: Kernel<Packed<V4, 1>, Output = O> + Kernel<Packed<V3, 2>, Output = O> + Kernel<Plain, Output = O>,
{
    if let Some(simd) = V4::try_new() {
        return Packed::<V4, 1>::zero(simd).run_separately(kernel);
    }
    match V3::try_new() {
        Some(simd) => Packed::<V3, 2>::zero(simd).run_separately(kernel),
        None => Plain::of(0.0).run_separately(kernel),
    }
}

/// Runs a kernel, one number after another.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn widest<T: Kernel<Plain>>(kernel: T) -> T::Output {
    Plain::of(0.0).run_separately(kernel)
}

/// The second operand of a vector operation: another vector, or a number for all places.
pub trait Operand<V>: Copy {
    fn broadcast(self, like: V) -> V;
}

impl<V: Vector> Operand<V> for f64 {
    #[inline(always)]
    fn broadcast(self, like: V) -> V {
        like.splat(self)
    }
}

/// Numbers in `N` registers of an instruction set.
#[derive(Clone, Copy)]
pub(crate) struct Packed<S: Simd, const N: usize> {
    simd: S,
    parts: [S::f64s; N],
}

/// One number, on any processor.
pub(crate) type Plain = Packed<Scalar, 1>;

impl<S: SimdExt, const N: usize> Packed<S, N> {
    /// Zeros.
    #[inline(always)]
    pub(crate) fn zero(simd: S) -> Self {
        Self { simd, parts: [simd.splat_f64s(0.0); N] }
    }
}

impl Plain {
    #[inline(always)]
    pub(crate) fn of(value: f64) -> Self {
        Self { simd: Scalar::new(), parts: [value] }
    }

    #[inline(always)]
    pub(crate) fn value(self) -> f64 {
        self.parts[0]
    }
}

impl<S: SimdExt, const N: usize> Operand<Self> for Packed<S, N> {
    #[inline(always)]
    fn broadcast(self, _: Self) -> Self {
        self
    }
}

macro_rules! operator {
    ($trait:ident, $name:ident, $of:ident) => {
        impl<S: SimdExt, const N: usize> $trait for Packed<S, N> {
            type Output = Self;

            #[inline(always)]
            fn $name(mut self, other: Self) -> Self {
                for k in 0..N {
                    self.parts[k] = self.simd.$of(self.parts[k], other.parts[k]);
                }
                self
            }
        }

        impl<S: SimdExt, const N: usize> $trait<f64> for Packed<S, N> {
            type Output = Self;

            #[inline(always)]
            fn $name(self, other: f64) -> Self {
                $trait::$name(self, self.splat(other))
            }
        }
    };
}

operator!(Add, add, add_f64s);
operator!(Sub, sub, sub_f64s);
operator!(Mul, mul, mul_f64s);
operator!(Div, div, div_f64s);

impl<S: SimdExt, const N: usize> Neg for Packed<S, N> {
    type Output = Self;

    #[inline(always)]
    fn neg(mut self) -> Self {
        for k in 0..N {
            self.parts[k] = self.simd.neg_f64s(self.parts[k]);
        }
        self
    }
}

impl<S: SimdExt, const N: usize> Vector for Packed<S, N> {
    const WIDTH: usize = N * S::F64_LANES;

    #[inline(always)]
    fn splat(self, value: f64) -> Self {
        Self { simd: self.simd, parts: [self.simd.splat_f64s(value); N] }
    }

    #[inline(always)]
    fn load(mut self, from: &[f64]) -> Self {
        let from = S::as_simd_f64s(from).0;
        self.parts[..N].copy_from_slice(&from[..N]);
        self
    }

    #[inline(always)]
    fn store(self, to: &mut [f64]) {
        S::as_mut_simd_f64s(to).0[..N].copy_from_slice(&self.parts);
    }

    #[inline(always)]
    fn mul_add(mut self, factor: impl Operand<Self>, summand: impl Operand<Self>) -> Self {
        let (factor, summand) = (factor.broadcast(self), summand.broadcast(self));
        for k in 0..N {
            self.parts[k] = self.simd.mul_add_f64s(self.parts[k], factor.parts[k], summand.parts[k]);
        }
        self
    }

    #[inline(always)]
    fn max(mut self, other: impl Operand<Self>) -> Self {
        let other = other.broadcast(self);
        for k in 0..N {
            self.parts[k] = self.simd.max_f64s(self.parts[k], other.parts[k]);
        }
        self
    }

    #[inline(always)]
    fn min(mut self, other: impl Operand<Self>) -> Self {
        let other = other.broadcast(self);
        for k in 0..N {
            self.parts[k] = self.simd.min_f64s(self.parts[k], other.parts[k]);
        }
        self
    }

    #[inline(always)]
    fn abs(mut self) -> Self {
        for k in 0..N {
            self.parts[k] = self.simd.abs_f64s(self.parts[k]);
        }
        self
    }

    #[inline(always)]
    fn sqrt(mut self) -> Self {
        for k in 0..N {
            self.parts[k] = self.simd.sqrt_f64s(self.parts[k]);
        }
        self
    }

    #[inline(always)]
    fn copysign(mut self, sign: Self) -> Self {
        let (simd, bit) = (self.simd, self.simd.splat_f64s(-0.0));
        for k in 0..N {
            let sign = simd.and_f64s(sign.parts[k], bit);
            self.parts[k] = simd.or_f64s(simd.abs_f64s(self.parts[k]), sign);
        }
        self
    }

    #[inline(always)]
    fn select_gt(self, bound: impl Operand<Self>, mut then: Self, otherwise: Self) -> Self {
        let bound = bound.broadcast(self);
        for k in 0..N {
            let mask = self.simd.greater_than_f64s(self.parts[k], bound.parts[k]);
            then.parts[k] = self.simd.select_f64s(mask, then.parts[k], otherwise.parts[k]);
        }
        then
    }

    #[inline(always)]
    fn exp(self) -> Self {
        // 1.5 × 2⁵²: adding it leaves the nearest integer in the low bits.
        const ROUND: f64 = 6755399441055744.0;
        const COEFFICIENTS: [f64; 13] = [
            1.0 / 479001600.0,
            1.0 / 39916800.0,
            1.0 / 3628800.0,
            1.0 / 362880.0,
            1.0 / 40320.0,
            1.0 / 5040.0,
            1.0 / 720.0,
            1.0 / 120.0,
            1.0 / 24.0,
            1.0 / 6.0,
            0.5,
            1.0,
            1.0,
        ];
        let x = self.max(-700.0).min(700.0);
        let shifted = x.mul_add(std::f64::consts::LOG2_E, ROUND);
        let k = shifted - ROUND;
        // ln 2 in two parts, so that k times the first is exact.
        let r = k.mul_add(-1.908_214_929_270_587_7e-10, k.mul_add(-6.931_471_803_691_238e-1, x));
        let mut p = self.splat(1.0 / 6227020800.0);
        for c in COEFFICIENTS {
            p = p.mul_add(r, c);
        }
        let simd = self.simd;
        for k in 0..N {
            let exponent = simd.shift_left_52(simd.transmute_u64s_f64s(shifted.parts[k]));
            let bits = simd.add_u64s(exponent, simd.transmute_u64s_f64s(p.parts[k]));
            p.parts[k] = simd.transmute_f64s_u64s(bits);
        }
        p
    }

    #[inline(always)]
    fn ln(self) -> Self {
        const HALF_ROOT: u64 = 0x3fe6_a09e_667f_3bcd; // √½
        const MANTISSA: u64 = (1 << 52) - 1;
        let (simd, mut exponent, mut m) = (self.simd, self, self);
        for k in 0..N {
            let bits = simd.transmute_u64s_f64s(self.parts[k]);
            let bits = simd.add_u64s(bits, simd.splat_u64s(0x3ff0_0000_0000_0000 - HALF_ROOT));
            // The exponent, placed into the mantissa of 2⁵².
            let placed = simd.or_u64s(simd.shift_right_52(bits), simd.splat_u64s(0x4330_0000_0000_0000));
            exponent.parts[k] = simd.transmute_f64s_u64s(placed);
            let mantissa = simd.and_u64s(bits, simd.splat_u64s(MANTISSA));
            m.parts[k] = simd.transmute_f64s_u64s(simd.add_u64s(mantissa, simd.splat_u64s(HALF_ROOT)));
        }
        let exponent = exponent - (4503599627370496.0 + 1023.0);
        let s = (m - 1.0) / (m + 1.0);
        let z = s * s;
        let mut p = self.splat(1.0 / 19.0);
        for c in [1.0 / 17.0, 1.0 / 15.0, 1.0 / 13.0, 1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0, 1.0] {
            p = p.mul_add(z, c);
        }
        exponent.mul_add(std::f64::consts::LN_2, s * 2.0 * p)
    }

    #[inline(always)]
    fn look_up(self, table: &[[f64; 4]]) -> (Self, [Self; 4]) {
        let mut columns = [self; 4];
        let shifted = self + NEAREST_INTEGER;
        let last = table.len() - 1;
        for k in 0..N {
            let bits = shifted.parts[k];
            let bits: &[f64] = pulp::bytemuck::cast_slice(std::slice::from_ref(&bits));
            let values = self.simd.gather_columns(table, bits, last);
            for c in 0..4 {
                columns[c].parts[k] = values[c];
            }
        }
        (shifted - NEAREST_INTEGER, columns)
    }

    #[inline(always)]
    fn look_up_one(mut self, table: &[f64]) -> Self {
        let shifted = self + NEAREST_INTEGER;
        let last = table.len() - 1;
        for k in 0..N {
            let bits: &[f64] = pulp::bytemuck::cast_slice(std::slice::from_ref(&shifted.parts[k]));
            let out: &mut [f64] = pulp::bytemuck::cast_slice_mut(std::slice::from_mut(&mut self.parts[k]));
            for l in 0..S::F64_LANES {
                out[l] = table[table_index(bits[l], last)];
            }
        }
        self
    }

    #[inline(always)]
    fn run_separately<T: Kernel<Self>>(self, kernel: T) -> T::Output {
        self.simd.vectorize(VectorizedKernel { kernel, like: self })
    }
}

/// A kernel with the vectors that it runs on.
struct VectorizedKernel<T, V> {
    kernel: T,
    like: V,
}

impl<T: Kernel<V>, V> WithSimd for VectorizedKernel<T, V> {
    type Output = T::Output;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> T::Output {
        self.kernel.run(self.like)
    }
}
