//! Random choices in bulk: uniform numbers, and outcomes with given probabilities.
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Draws from few outcomes by one random number each (Walker 1977, with Vose's construction).
#[derive(Clone, Debug)]
pub(crate) struct Alias {
    /// The part of each slot that gives its own outcome, in 2⁻⁶⁴, and the outcome of the rest.
    slots: Vec<(u64, u32)>,
}

/// Uniform in `[0, 1)`, a multiple of 2⁻⁵³.
pub(crate) fn uniform(random: &mut Xoshiro256PlusPlus) -> f64 {
    // Through the signed integer, for which processors have an instruction.
    (random.next_u64() >> 11) as i64 as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// An index below `count`, and the rest of the random number.
pub(crate) fn below(count: usize, random: &mut Xoshiro256PlusPlus) -> (usize, u64) {
    let product = u128::from(random.next_u64()) * count as u128;
    ((product >> 64) as usize, product as u64)
}

impl Alias {
    /// Draws with these probabilities, at least one of them above 0; they need not add up to 1.
    pub(crate) fn new(probabilities: Vec<f64>) -> Self {
        let count = probabilities.len();
        let scale = count as f64 / probabilities.iter().sum::<f64>();
        let mut shares: Vec<f64> = probabilities.into_iter().map(|probability| probability * scale).collect();
        let most = (0..count).max_by(|&a, &b| shares[a].total_cmp(&shares[b])).expect("there is an outcome");
        let (mut poor, mut rich): (Vec<usize>, Vec<usize>) = (0..count).partition(|&index| shares[index] < 1.0);
        let mut slots: Vec<(u64, u32)> = (0..count).map(|index| (u64::MAX, index as u32)).collect();
        while let (Some(&giver), Some(taker)) = (rich.last(), poor.pop()) {
            slots[taker] = ((shares[taker] * (u64::MAX as f64)) as u64, giver as u32);
            shares[giver] -= 1.0 - shares[taker];
            if shares[giver] < 1.0 {
                rich.pop();
                poor.push(giver);
            }
        }
        // What rounding leaves over is nearly whole, unless it is never to be drawn.
        poor.into_iter().filter(|&index| shares[index] < 0.5).for_each(|index| slots[index] = (0, most as u32));
        Self { slots }
    }

    /// The index of a random outcome.
    pub(crate) fn draw(&self, random: &mut Xoshiro256PlusPlus) -> usize {
        let (slot, rest) = below(self.slots.len(), random);
        let (own, other) = self.slots[slot];
        if rest <= own { slot } else { other as usize }
    }
}
