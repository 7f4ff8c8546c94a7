//! Point or load? Both shapes fitted to one occupancy beside background and shadow, so that natural
//! goods are told from a point source, from two of them, and from a point hidden inside the load.
//!
//! Four explanations are fitted by weighted least squares, each with its own background and shadow:
//! one point, two points, a load that shines evenly from one place to another, and that load with a
//! point in it. How far source and panels are apart is not known (the load stands off the axis,
//! scatters in the cargo), so that every shape is tried with several blurs. Figures are in standard
//! deviations: the root of the drop of chi square, divided by chi square per degree of freedom of the best
//! fit where that is over 1 (a source's rate scatters more than its counts when axles and cargo pass
//! between it and the panels; McCullagh and Nelder, Generalized Linear Models, 1989, 9.2).
//!
//! How strong a point the load may hide is said by turning the test round: "there is a point of at least
//! this strength somewhere" is the hypothesis, and it has to be refuted at every place, with every load
//! and blur, by [`RULED_OUT_SIGMA`]. Since the true place is among those tried, a point of that strength
//! slips by with the chance of one test however many places there are (intersection-union test; Berger,
//! Technometrics 24, 1982), as far as load and point are of the shapes tried.
//!
//! The panels' sum knows no sides. Contrasts between pairs of panels do: a load that fills the body has
//! one ratio all along, a point off the axis or low in the load breaks it where it stands.
//!
//! Not here: whether there is a source at all ([`super::filter`]), and the limits (procedure data).

/// Shadows tried: metres by which it begins before the bumper, and its ramp.
const EDGES_M: [(f64, f64); 3] = [(0.0, 3.0), (1.5, 4.0), (f64::NEG_INFINITY, 1.0)];
/// Effective distances of source and panels, metres: 4.6 to 5.6 m between panels and a source up to a
/// metre off the axis give 1.3 to 3.9 m; scatter widens.
const BLURS_M: [f64; 6] = [1.4, 2.0, 2.6, 3.2, 3.9, 4.8];
/// Blurs of loads, metres: they fill the body's width, so that the middle ones do.
const LOAD_BLURS_M: [f64; 4] = [1.8, 2.3, 2.8, 3.4];
/// A load shorter than this is not called one, metres: a pallet and a half would do for a point too.
pub const LOAD_SHORTEST_M: f64 = 4.0;
/// Counts are summed over at least so many metres, and over so many bins at most.
const BIN_M: f64 = 0.3;
const BINS: usize = 160;
/// Steps of places, metres, and at most so many places.
const POINT_STEP_M: f64 = 0.5;
const LOAD_STEP_M: f64 = 1.0;
const PLACES: f64 = 60.0;
/// Loads that a point is tried beside: the best ones.
const LOADS_TRIED: usize = 60;
/// Blurs of a point inside a load, metres. The widest is that of the recorded lane's points.
const INSIDE_BLURS_M: [f64; 4] = [1.5, 2.2, 3.0, 3.8];
/// The best load's ends and blur are sought again in these steps, metres.
const FINE_M: f64 = 0.25;
const FINE_BLURS_M: [f64; 7] = [1.5, 1.8, 2.1, 2.4, 2.7, 3.1, 3.5];
/// What is explained to this share by background and shadow is not told from them.
const DISTINCT: f64 = 0.05;

/// Counts along the vehicle.
pub struct Counts<'a> {
    /// All panels, each sample.
    pub sums: &'a [f64],
    /// Metres that the vehicle rolls in one sample.
    pub sample_m: f64,
    /// Counts of one sample before the vehicle came.
    pub background: f64,
    /// Samples over which that background was counted.
    pub background_samples: f64,
    /// Samples of one second.
    pub second_samples: f64,
    /// Differences of panels; none: the sum alone is judged.
    pub contrasts: Vec<Contrast>,
}

/// Counts of one half of the panels less those of the other.
pub struct Contrast {
    /// Of each sample.
    pub less: Vec<f64>,
    /// Of a sample before the vehicle came.
    pub background: f64,
}

/// Every way to part four panels into pairs, or two panels: which stands where is not asked. None for
/// other numbers.
pub fn contrasts(panels: &[Vec<u32>], background: &[f64]) -> Vec<Contrast> {
    let signs: &[&[f64]] = match panels.len() {
        2 => &[&[1.0, -1.0]],
        4 => &[
            &[1.0, 1.0, -1.0, -1.0],
            &[1.0, -1.0, 1.0, -1.0],
            &[1.0, -1.0, -1.0, 1.0],
        ],
        _ => &[],
    };
    if background.len() != panels.len() {
        return Vec::new();
    }
    let samples = panels.iter().map(Vec::len).min().unwrap_or(0);
    signs
        .iter()
        .map(|signs| Contrast {
            less: (0..samples)
                .map(|at| {
                    let counts = panels.iter().map(|it| f64::from(it[at]));
                    counts.zip(*signs).map(|(it, sign)| it * sign).sum()
                })
                .collect(),
            background: background.iter().zip(*signs).map(|(a, b)| a * b).sum(),
        })
        .collect()
}

/// What the fits say, standard deviations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shapes {
    /// By how much a load alone explains the counts better than one point; negative: worse.
    pub over_point: f64,
    /// The same against two points.
    pub over_two: f64,
    /// By how much a point inside the load improves on the load alone.
    pub beside: f64,
    /// By how much a point improves on one ratio of the panels all along, less what the best of so many
    /// places and blurs would have by chance.
    pub between_panels: f64,
    /// Of [`STRENGTHS_SIGMA`] the least that is ruled out everywhere; `None`: not even the greatest is.
    pub limit: Option<f64>,
    /// Length of the load that fits best, metres.
    pub load_m: f64,
    /// Chi square per degree of freedom of the best fit.
    pub scatter: f64,
}

/// A load has to explain the counts better than one point by this much. 4 and not 3: a point is tried at
/// some hundred places and blurs.
pub const OVER_POINT_SIGMA: f64 = 4.0;
/// And better than two points, which have two parameters more, at all.
pub const OVER_TWO_SIGMA: f64 = 1.0;
/// A point inside the load may not improve on it by more than this.
pub const HIDDEN_SIGMA: f64 = 3.0;
/// A hidden point is ruled out from here: one of 740 points of that strength slips by.
pub const RULED_OUT_SIGMA: f64 = 3.0;
/// Strengths of hidden points asked about: standard deviations over the background that the point alone
/// would have in the second in which it shines most.
pub const STRENGTHS_SIGMA: [f64; 12] = [
    4.0, 6.0, 9.0, 12.0, 15.0, 18.0, 24.0, 30.0, 40.0, 60.0, 80.0, 120.0,
];
/// Longest road train, 20 m (EAEU; longer needs a permit), and what the beams add at both ends. A
/// vehicle longer than that by its speed stood still or changed its speed: its metres mean nothing.
pub const LONGEST_M: f64 = 23.0;

impl Shapes {
    /// How clearly there is a point in the load, by the sum or between the panels.
    pub fn hidden(&self) -> f64 {
        self.beside.max(self.between_panels)
    }

    /// Whether the load alone is clearly the best explanation.
    pub fn is_load(&self) -> bool {
        self.over_point >= OVER_POINT_SIGMA
            && self.over_two >= OVER_TWO_SIGMA
            && self.hidden() < HIDDEN_SIGMA
    }
}

/// `None` when there are too few samples for the parameters, or the vehicle is longer than any.
pub fn shapes(counts: &Counts<'_>) -> Option<Shapes> {
    let binned = Binned::of(counts).filter(|it| it.length_m <= LONGEST_M)?;
    let mut best = [f64::INFINITY; 4];
    let mut load_m = 0.0;
    let mut hiding = [f64::INFINITY; STRENGTHS_SIGMA.len()];
    let mut between_panels = 0.0;
    // Counts a bin of a point of one sigma, were all of its second as bright as its middle.
    let one_sigma = (counts.background / counts.second_samples).sqrt() * binned.per_bin;
    let half_m = counts.sample_m * counts.second_samples / 2.0;
    for edge in EDGES_M {
        let base = Base::fit(&binned, edge);
        let points: Vec<Vec<Column>> = BLURS_M
            .iter()
            .map(|blur| base.points(&binned, *blur))
            .collect();
        let coarse: Vec<Column> = LOAD_BLURS_M
            .iter()
            .flat_map(|blur| base.loads(&binned, *blur))
            .collect();
        let all = match base.best_of(&coarse).first() {
            Some((_, best)) => base.loads_around(&binned, best.from_m, best.to_m),
            None => Vec::new(),
        };
        let mut loads = base.best_of(&all);
        loads.truncate(LOADS_TRIED);
        if let Some((chi, it)) = loads.first()
            && *chi < best[2]
        {
            best[2] = *chi;
            load_m = it.to_m - it.from_m;
            between_panels = base.between_panels(counts, &binned, it);
        }
        for same in &points {
            for (at, one) in same.iter().enumerate() {
                best[0] = best[0].min(base.with(&[one]).unwrap_or(f64::INFINITY));
                for other in same.iter().skip(at + 1) {
                    best[1] = best[1].min(base.with(&[one, other]).unwrap_or(f64::INFINITY));
                }
            }
        }
        // A load that a strong point makes look longer is not among the best ones.
        let hiders = loads.iter().map(|it| it.1).chain(&coarse);
        let hiders: Vec<&Column> = hiders.collect();
        for blur_m in INSIDE_BLURS_M {
            let shown = blur_m / (blur_m * blur_m + half_m * half_m).sqrt();
            for one in base.points(&binned, blur_m) {
                for (at, load) in hiders.iter().enumerate() {
                    let pair = Pair::of(load, &one);
                    if at < loads.len() {
                        best[3] = best[3].min(base.with(&[load, &one]).unwrap_or(f64::INFINITY));
                    }
                    for (chi, strength) in hiding.iter_mut().zip(STRENGTHS_SIGMA) {
                        *chi = chi.min(base.with_least(&pair, strength * one_sigma / shown));
                    }
                }
            }
        }
    }
    let [point, two, load, both] = best;
    let (two, both) = (two.min(point), both.min(load));
    let free = binned.measured.len() as f64 - 7.0;
    let scatter = (two.min(both) / free).max(1.0);
    if !(scatter.is_finite() && load.is_finite() && point.is_finite()) {
        return None;
    }
    let sigma = |worse: f64, better: f64| {
        let drop = (worse - better) / scatter;
        drop.abs().sqrt().copysign(drop)
    };
    Some(Shapes {
        over_point: sigma(point, load),
        over_two: sigma(two, load),
        beside: sigma(load, both),
        between_panels,
        limit: hiding
            .iter()
            .zip(STRENGTHS_SIGMA)
            .find(|(chi, _)| sigma(**chi, load) >= RULED_OUT_SIGMA)
            .map(|(_, strength)| strength),
        load_m,
        scatter,
    })
}

/// Counts of bins long enough to be worth a place of their own.
struct Binned {
    at_m: Vec<f64>,
    length_m: f64,
    /// Samples of a bin.
    per_bin: f64,
    /// Counts of each bin, and last the background.
    measured: Vec<f64>,
    /// Square root of each equation's weight.
    weight: Vec<f64>,
}

impl Binned {
    fn of(counts: &Counts<'_>) -> Option<Binned> {
        let samples = counts.sums.len();
        let per_bin = (BIN_M / counts.sample_m).ceil().max(1.0) as usize;
        let per_bin = per_bin.max(samples.div_ceil(BINS));
        let bins = samples / per_bin;
        if bins < 12 {
            return None;
        }
        let sum = |at: usize| counts.sums[at * per_bin..(at + 1) * per_bin].iter().sum();
        let mut measured: Vec<f64> = (0..bins).map(sum).collect();
        let background = counts.background * per_bin as f64;
        let usual = |at: usize| {
            let around = &measured[at.saturating_sub(2)..(at + 3).min(bins)];
            let mean = around.iter().sum::<f64>() / around.len() as f64;
            mean.max(0.6 * background).max(1.0)
        };
        let mut weight: Vec<f64> = (0..bins).map(|at| 1.0 / usual(at).sqrt()).collect();
        let before = counts.background_samples / per_bin as f64;
        weight.push((before / background).sqrt());
        measured.push(background);
        let bin_m = per_bin as f64 * counts.sample_m;
        Some(Binned {
            at_m: (0..bins).map(|at| (at as f64 + 0.5) * bin_m).collect(),
            length_m: bins as f64 * bin_m,
            per_bin: per_bin as f64,
            measured,
            weight,
        })
    }
}

/// A shape, weighted, without what background and shadow explain of it.
struct Column {
    left: Vec<f64>,
    own: f64,
    along: f64,
    /// What of it lies along the shadow.
    shadow: f64,
    from_m: f64,
    to_m: f64,
}

/// A load and a point in it.
struct Pair<'a> {
    load: &'a Column,
    point: &'a Column,
    cross: f64,
    /// The point's strength where both are free; `None`: they are not told apart.
    free: Option<f64>,
}

impl<'a> Pair<'a> {
    fn of(load: &'a Column, point: &'a Column) -> Pair<'a> {
        let cross = dot(&load.left, &point.left);
        let det = load.own * point.own - cross * cross;
        let free = (point.along * load.own - load.along * cross) / det;
        Pair {
            load,
            point,
            cross,
            free: (det > 1e-6 * load.own * point.own).then_some(free),
        }
    }
}

/// Background and shadow fitted alone.
struct Base {
    axes: [Vec<f64>; 2],
    left: Vec<f64>,
    chi: f64,
    /// The fitted depth along the shadow's axis; a shadow takes counts away.
    depth: f64,
}

impl Base {
    fn fit(binned: &Binned, edge: (f64, f64)) -> Base {
        let shade = |at_m: f64| {
            let inside = at_m.min(binned.length_m - at_m);
            ((inside + edge.0) / edge.1).clamp(0.0, 1.0)
        };
        let mut first = binned.weight.clone();
        unit(&mut first);
        let mut second = weighted(binned, shade);
        let along = dot(&first, &second);
        less(&mut second, &first, along);
        unit(&mut second);
        let mut left: Vec<f64> = binned
            .measured
            .iter()
            .zip(&binned.weight)
            .map(|(it, weight)| it * weight)
            .collect();
        let along = dot(&first, &left);
        less(&mut left, &first, along);
        let depth = dot(&second, &left);
        less(&mut left, &second, depth);
        Base {
            chi: dot(&left, &left),
            axes: [first, second],
            left,
            depth,
        }
    }

    fn column(
        &self,
        binned: &Binned,
        (from_m, to_m): (f64, f64),
        shape: impl Fn(f64) -> f64,
    ) -> Option<Column> {
        let mut left = weighted(binned, shape);
        let whole = dot(&left, &left);
        let shadow = dot(&self.axes[1], &left);
        for axis in &self.axes {
            let along = dot(axis, &left);
            less(&mut left, axis, along);
        }
        let own = dot(&left, &left);
        let along = dot(&left, &self.left);
        (own > DISTINCT * whole).then_some(Column {
            left,
            own,
            along,
            shadow,
            from_m,
            to_m,
        })
    }

    fn points(&self, binned: &Binned, blur_m: f64) -> Vec<Column> {
        let step_m = POINT_STEP_M.max(binned.length_m / PLACES);
        let count = (binned.length_m / step_m).floor() as usize;
        (0..=count)
            .filter_map(|at| {
                let place = at as f64 * step_m;
                self.column(binned, (place, place), |it| point_at(it - place, blur_m))
            })
            .collect()
    }

    fn loads(&self, binned: &Binned, blur_m: f64) -> Vec<Column> {
        let step_m = LOAD_STEP_M.max(binned.length_m / PLACES * 2.0);
        let count = (binned.length_m / step_m).floor() as usize;
        let mut all = Vec::new();
        for from in 0..=count {
            for to in from + 1..=count + 1 {
                let (from_m, to_m) = (from as f64 * step_m, to as f64 * step_m);
                if to_m - from_m >= LOAD_SHORTEST_M {
                    all.extend(self.load(binned, from_m, to_m, blur_m));
                }
            }
        }
        all
    }

    fn load(&self, binned: &Binned, from_m: f64, to_m: f64, blur_m: f64) -> Option<Column> {
        let shape = |it: f64| load(it, from_m, to_m, blur_m);
        self.column(binned, (from_m, to_m), shape)
    }

    /// Loads that begin and end within a step of these places.
    fn loads_around(&self, binned: &Binned, from_m: f64, to_m: f64) -> Vec<Column> {
        let near = [-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0].map(|it| it * FINE_M);
        let mut all = Vec::new();
        for blur_m in FINE_BLURS_M {
            for from in near.map(|it| from_m + it) {
                for to in near.map(|it| to_m + it) {
                    if to - from >= LOAD_SHORTEST_M {
                        all.extend(self.load(binned, from, to, blur_m));
                    }
                }
            }
        }
        all
    }

    /// Chi square of each that may be, the best first.
    fn best_of<'a>(&self, all: &'a [Column]) -> Vec<(f64, &'a Column)> {
        let mut fits: Vec<(f64, &Column)> = all
            .iter()
            .filter_map(|it| Some((self.with(&[it])?, it)))
            .collect();
        fits.sort_by(|a, b| a.0.total_cmp(&b.0));
        fits
    }

    /// Chi square with a point of at least this strength, counts a bin, and as much load as fits best
    /// beside it; infinite when the shadow would shine.
    fn with_least(&self, pair: &Pair<'_>, least: f64) -> f64 {
        let Pair { load, point, .. } = pair;
        let strength = pair.free.unwrap_or(least).max(least);
        let rest = ((load.along - strength * pair.cross) / load.own).max(0.0);
        let depth = self.depth - rest * load.shadow - strength * point.shadow;
        if depth > 1e-6 {
            return f64::INFINITY;
        }
        let drop = 2.0 * (rest * load.along + strength * point.along)
            - rest * rest * load.own
            - strength * strength * point.own
            - 2.0 * rest * strength * pair.cross;
        self.chi - drop
    }

    /// How much a point improves on background, shadow and this load where panels are compared.
    fn between_panels(&self, counts: &Counts<'_>, binned: &Binned, load: &Column) -> f64 {
        let per_bin = binned.per_bin as usize;
        let mut axes = self.axes.to_vec();
        let mut own = load.left.clone();
        unit(&mut own);
        axes.push(own);
        let mut most = 0.0_f64;
        for contrast in &counts.contrasts {
            let mut left: Vec<f64> = (0..binned.at_m.len())
                .map(|at| contrast.less[at * per_bin..(at + 1) * per_bin].iter().sum())
                .chain([contrast.background * binned.per_bin])
                .zip(&binned.weight)
                .map(|(it, weight): (f64, _)| it * weight)
                .collect();
            for axis in &axes {
                let along = dot(axis, &left);
                less(&mut left, axis, along);
            }
            let scatter = dot(&left, &left) / (left.len() as f64 - 3.0);
            for blur_m in INSIDE_BLURS_M {
                for mut point in self.points(binned, blur_m) {
                    let along = dot(&axes[2], &point.left);
                    less(&mut point.left, &axes[2], along);
                    let own = dot(&point.left, &point.left);
                    let along = dot(&point.left, &left);
                    if own > DISTINCT * point.own {
                        most = most.max(along * along / own / scatter.max(1.0));
                    }
                }
            }
        }
        // Places a blur apart are looked at, in each contrast, and the best one is taken (the leading term
        // of Gross and Vitells, Eur. Phys. J. C 70, 2010).
        let looks = counts.contrasts.len() as f64 * binned.length_m / INSIDE_BLURS_M[0];
        (most - 2.0 * looks.max(1.0).ln()).max(0.0).sqrt()
    }

    /// Chi square with these sources; `None` when one would take counts away or the shadow shine.
    fn with(&self, sources: &[&Column]) -> Option<f64> {
        let (drop, depth) = match sources {
            [one] => {
                let strength = one.along / one.own;
                if strength <= 0.0 {
                    return None;
                }
                (strength * one.along, self.depth - strength * one.shadow)
            }
            [one, other] => {
                let cross = dot(&one.left, &other.left);
                let det = one.own * other.own - cross * cross;
                if det <= 1e-6 * one.own * other.own {
                    return None;
                }
                let first = (one.along * other.own - other.along * cross) / det;
                let second = (other.along * one.own - one.along * cross) / det;
                if first <= 0.0 || second <= 0.0 {
                    return None;
                }
                (
                    first * one.along + second * other.along,
                    self.depth - first * one.shadow - second * other.shadow,
                )
            }
            _ => return None,
        };
        (depth <= 1e-6).then_some(self.chi - drop)
    }
}

fn weighted(binned: &Binned, shape: impl Fn(f64) -> f64) -> Vec<f64> {
    let shares = binned.at_m.iter().map(|it| shape(*it)).chain([0.0]);
    shares
        .zip(&binned.weight)
        .map(|(it, weight)| it * weight)
        .collect()
}

/// Relative rate of a point `off_m` along the lane: inverse square and the panel's cosine.
fn point_at(off_m: f64, blur_m: f64) -> f64 {
    let ratio = 1.0 + (off_m / blur_m).powi(2);
    1.0 / (ratio * ratio.sqrt())
}

/// The integral of [`point_at`] over a load.
fn load(at_m: f64, from_m: f64, to_m: f64, blur_m: f64) -> f64 {
    let side = |off_m: f64| off_m / (blur_m * blur_m + off_m * off_m).sqrt();
    (side(at_m - from_m) - side(at_m - to_m)) / 2.0
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn less(from: &mut [f64], axis: &[f64], along: f64) {
    for (it, axis) in from.iter_mut().zip(axis) {
        *it -= along * axis;
    }
}

fn unit(it: &mut [f64]) {
    let norm = dot(it, it).sqrt().max(f64::MIN_POSITIVE);
    for value in it {
        *value /= norm;
    }
}
