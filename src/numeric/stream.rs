//! Random streams, addressed by seed, purpose and index and never shared.
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of random numbers that depend on its address alone, not on earlier draws elsewhere.
///
/// The address is ChaCha8's key, so streams are independent by the cipher's own guarantee and the same on every machine.
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream at `(seed, purpose, index)`.
    ///
    /// # Panics
    /// Panics where `purpose` has more than 24 bytes.
    pub fn of(seed: u64, purpose: &str, index: u64) -> Self {
        assert!(purpose.len() <= 24, "a purpose has at most 24 bytes: `{purpose}`");
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..8 + purpose.len()].copy_from_slice(purpose.as_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(index);
        Self(generator)
    }

    /// Sixty-four random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number uniform in `[0, 1)`, a multiple of 2⁻⁵³.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// An integer uniform in `0..n`.
    ///
    /// # Panics
    /// Panics where `n` is zero.
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "a draw needs at least one candidate");
        // Lemire's multiplication; its bias, below n / 2⁶⁴, does not matter here.
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// A standard normal number, by the polar form of Box and Muller.
    pub fn normal(&mut self) -> f64 {
        loop {
            let (u, v) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = u * u + v * v;
            if 0.0 < square && square < 1.0 {
                return u * (-2.0 * square.ln() / square).sqrt();
            }
        }
    }

    /// Puts items into a uniformly random order (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_decides_everything() {
        let first = |seed, purpose, index| Stream::of(seed, purpose, index).bits();
        assert_eq!(first(1, "design", 7), first(1, "design", 7));
        assert_ne!(first(1, "design", 7), first(2, "design", 7));
        assert_ne!(first(1, "design", 7), first(1, "forest", 7));
        assert_ne!(first(1, "design", 7), first(1, "design", 8));
    }

    #[test]
    fn moments_are_those_of_the_law() {
        let mut stream = Stream::of(3, "test", 0);
        let (mut uniform, mut normal, mut square) = (0.0, 0.0, 0.0);
        for _ in 0..20_000 {
            uniform += stream.uniform() / 20_000.0;
            let x = stream.normal();
            normal += x / 20_000.0;
            square += x * x / 20_000.0;
        }
        assert!((uniform - 0.5).abs() < 0.01, "{uniform}");
        assert!(normal.abs() < 0.03 && (square - 1.0).abs() < 0.05, "{normal} {square}");
    }
}
