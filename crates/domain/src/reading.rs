//! What devices measured, already off the wire and not yet judged. `devices` makes these from
//! bytes, `stage/*` concludes from them. Pictures and profiles are blobs, named by hash; a
//! device's own clock is a claim (`*_claimed`), never the time of a fact.

use serde::{Deserialize, Serialize};

use crate::unit::{BlobHash, UtcMs};

/// Where a camera looks. Front, rear and trailer stay separate roles: a tractor and its
/// semi-trailer carry different plates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CameraPosition {
    Front,
    Rear,
    Exit,
}

/// One read of a number plate. `plate` is normalised (upper case, no blanks, Cyrillic letters
/// that look Latin mapped to Latin); `None` when the camera saw a vehicle and no plate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlateReading {
    pub position: CameraPosition,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate: Option<String>,
    /// As the camera wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// ISO 3166-1 alpha-2 where the camera's code is understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The camera's country code untouched, when it is not understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_raw: Option<String>,
    /// 0..=1; `None` when the camera gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<PlateCandidate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at_claimed: Option<UtcMs>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle_type: Option<String>,
    /// The camera's identity of the message; a second one with the same id is a repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    pub vendor: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<BlobHash>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlateCandidate {
    pub plate: String,
    pub confidence: f64,
}

/// One read of a container number (ISO 6346:2022).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContainerReading {
    /// Owner code, category, serial and check digit: eleven characters.
    pub code: String,
    pub check_digit: CheckDigit,
    /// ISO 6346 size and type, e.g. `45G1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<BlobHash>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckDigit {
    Right,
    /// Computed value 10, printed 0: weaker than `Right`.
    TenPrintedZero,
    Wrong,
}

/// One occupancy of a radiation portal, from the first beam broken to the last restored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RadiationReading {
    /// Wire format it came by: `vm250`, `aspect`, `n42`.
    pub protocol: String,
    /// The monitor's own running number of the occupancy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occupancy: Option<u64>,
    pub samples: u32,
    pub sample_ms: u32,
    /// All panels together, counts per second, taken just before the vehicle.
    pub background_cps: f64,
    /// Greatest sum of all panels within the alarm window, as counts per second.
    pub gamma_max_cps: f64,
    /// (greatest window sum - background) / sqrt(background), never below 0.
    pub gamma_max_sigma: f64,
    /// Sample at which that maximum ended.
    pub gamma_max_sample: u32,
    /// Largest neutron count of one second.
    pub neutron_max: u32,
    pub gamma_alarm: Alarm,
    pub neutron_alarm: Alarm,
    /// 1 - lowest window / background: the vehicle's own shadow, 0..=1.
    pub suppression: f64,
    /// Share of the occupancy above the half of its maximum excess; wide means spread-out cargo.
    pub width_share: f64,
    /// The same in metres of the vehicle, when the speed is known. A point source is 4 to 7 m wide, since
    /// the panels see it from afar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width_m: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_mps: Option<f64>,
    /// Where along the vehicle the maximum lies, when the speed is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position_m: Option<f64>,
    /// Nuclides a spectroscopic device named, e.g. `K-40`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nuclides: Vec<String>,
    /// Faults the monitor reported while it was occupied (`gamma_low`, `tamper`, ...).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
    /// A [`RadiationProfile`] as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<BlobHash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_opinion: Option<SecondOpinion>,
}

/// What our own filter says of the same counts (`devices::radiation::filter`): beside the device's
/// alarm, never instead of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SecondOpinion {
    /// Name and edition of the arithmetic, `matched_filter/3`.
    pub method: String,
    /// How much better a source explains the profile than none does, standard deviations.
    pub sigma: f64,
    pub shape: SourceShape,
    /// Middle of the source along the vehicle; `None` when nothing fits at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position_m: Option<f64>,
    /// Counts per second of the source alone where it shines most, all panels.
    pub excess_cps: f64,
    /// How much better a load explains the profile than a point source does, standard deviations; below
    /// 0: worse. `None`: not fitted (weak, short, or a vehicle that stood still), or of edition 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread_margin_sigma: Option<f64>,
    /// How much a point source inside that load improves on the load alone, by the sum or between the
    /// panels, standard deviations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_point_sigma: Option<f64>,
    /// Points of this strength or more are ruled out wherever in the vehicle: standard deviations over the
    /// background that the point alone would have in one second. `None`: none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_limit_sigma: Option<f64>,
}

/// Which source explains a profile best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceShape {
    Point,
    /// All along the load, as naturally radioactive goods are, and clearly so.
    Spread,
    /// Neither a point nor clearly a load: a person looks.
    Unclear,
}

/// Whether the device itself raised its alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    Silent,
    Raised,
}

/// The count profile behind a [`RadiationReading`]; travels as a blob.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RadiationProfile {
    pub sample_ms: u32,
    /// One list a panel, one count a sample.
    pub gamma_counts: Vec<Vec<u32>>,
    /// Background of each panel, counts per sample.
    pub gamma_background: Vec<f64>,
    /// Neutron counts a second, all tubes.
    pub neutron_counts: Vec<u32>,
    pub n_sigma: f64,
    pub window_samples: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_mps: Option<f64>,
    /// Background and the vehicle's shadow as the second opinion fitted them, counts a sample of all
    /// panels; empty when it had none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub baseline_counts: Vec<f64>,
    /// The same with the source that fits best.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fitted_counts: Vec<f64>,
    /// Spectra of a device that has them, occupied and vacant apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spectra: Vec<Spectrum>,
    /// Rates by energy window of a plastic portal that tells them; windows may overlap.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<EnergyWindow>,
}

/// Counts by channel of one detector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spectrum {
    pub detector: String,
    /// With the vehicle inside; otherwise the background.
    pub occupied: bool,
    pub live_time_s: f64,
    pub counts: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy: Option<EnergyScale>,
}

/// Lower edge of each channel, keV.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnergyScale {
    /// Coefficients of the channel's number, constant first.
    Polynomial(Vec<f64>),
    Edges(Vec<f64>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnergyWindow {
    pub start_kev: f64,
    pub end_kev: f64,
    /// Of the greatest interval while occupied, all panels.
    pub max_cps: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background_cps: Option<f64>,
}

/// Axle loads and outer dimensions of one vehicle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VehicleReading {
    pub axles: Vec<AxleReading>,
    pub gross_kg: u32,
    /// One standard deviation of `gross_kg`, from the accuracy class.
    pub gross_sigma_kg: f64,
    /// `R134/1`, `R134/0.5`, `COST323/B10`, ...
    pub accuracy_class: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length_m: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width_m: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height_m: Option<f64>,
    /// One standard deviation of the three dimensions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimension_sigma_m: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_kmh: Option<f64>,
    /// Silhouette class as the device names it, e.g. `tractor2_semi3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle_class: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AxleReading {
    pub load_kg: u32,
    pub sigma_kg: f64,
    /// Distance from the axle before; `None` for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spacing_m: Option<f64>,
}

/// One radiograph: a JPEG 2000 code stream whose quality layers are tile-parts, so that any
/// prefix of the blob is an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageReading {
    /// The scanner's name of the scan; a second one with the same name is a repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Which scan of which view it is; absent where the device does not say, then it stands alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan: Option<ImageScan>,
    pub image: BlobHash,
    pub size_bytes: u64,
    pub width_px: u32,
    pub height_px: u32,
    pub bits: u8,
    pub pixel_mm: f64,
    /// Beam energy, MV.
    pub energy_mv: f64,
    /// `log12`: 12 bits, open air 4095, transmission 10^-4 and less 0 (`devices::xray::log12`).
    pub domain: String,
    /// Byte offset at which each quality layer is complete.
    pub layer_ends: Vec<u64>,
    pub quality: ImageQuality,
    /// Mass of cargo from the integral of absorption, when the device computes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mass_kg: Option<u32>,
    /// Regions the device's own algorithm marked; a reader decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<ImageRegion>,
}

/// One pass of one vehicle before one detector: pictures of several energies share it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageScan {
    /// The scanner's identity of the inspection: one vehicle, one or more scans.
    pub inspection: String,
    /// Number of the scan within the inspection, from 1.
    pub number: u32,
    /// `side`, `top`, ...
    pub view: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageQuality {
    Usable,
    /// Why it cannot be read: `truncated`, `saturated`, `too_fast`, ...
    Unusable {
        why: String,
    },
}

/// A rectangle in pixels of the full image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageRegion {
    pub left_px: u32,
    pub top_px: u32,
    pub width_px: u32,
    pub height_px: u32,
    pub label: String,
    pub score: f64,
}

/// One document as presented at the lane: its pages and the fields read off them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentReading {
    /// The reader's identity of the message; a second one with the same id is a repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    pub kind: DocumentKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// End of the last day of validity, when the document has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UtcMs>,
    /// ISO 3166-1 alpha-2 of the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    pub fields: Vec<DocumentField>,
    /// Problems the reader saw: `check_digit_wrong:expiry`, ...
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<PageBlob>,
}

/// One page: the small preview goes first over the link, the page itself when it is its turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageBlob {
    pub page: BlobHash,
    pub size_bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<BlobHash>,
    pub media_type: String,
}

/// Names are those of the EAEU model (CA 1.8.1) in snake case where one exists, e.g.
/// `gross_mass_kg`, `commodity_code`, `vehicle_reg_id`, `consignor`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentField {
    pub name: String,
    pub value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    Passport,
    DriverLicence,
    VehicleRegistration,
    Insurance,
    Cmr,
    TirCarnet,
    TransitDeclaration,
    Invoice,
    TransportPermit,
    OversizePermit,
    DangerousGoodsCertificate,
    WeightCertificate,
    VeterinaryCertificate,
    PhytosanitaryCertificate,
    SanitaryCertificate,
    Other,
}
