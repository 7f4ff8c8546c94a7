// How the officer has set the viewer: window, enhancement, colour, loupe, measure. Of the page, not of a picture: pixels
// are never changed, and nothing of this is recorded.
import { ENHANCE, preset, PRESETS, WHOLE, windowOf, widthOf, levelOf, type Enhance, type Preset, type Tone, type Window } from './tone';

/** Air black, matter bright, as the room wants it: the other way round is one key away and stays so. */
const KEPT = 'beket.air';
/** A key press moves the window by this share of the whole scale. */
const STEP = 4095 / 40;

export class Tools {
	preset = $state<Preset | null>('cargo');
	/** Set by hand; holds while `preset` is null. */
	own = $state.raw<Window>(WHOLE);
	air_white = $state(localStorage.getItem(KEPT) === 'white');
	enhance = $state<Enhance>('off');
	material = $state(false);
	loupe = $state(false);
	measuring = $state(false);

	windowFor(histogram: Uint32Array | null): Window { return this.preset ? preset(this.preset, histogram) : this.own; }
	toneFor(histogram: Uint32Array | null): Tone { return { window: this.windowFor(histogram), air_white: this.air_white, enhance: this.enhance, material: this.material }; }
	nextPreset(): void { this.preset = PRESETS[((this.preset ? PRESETS.indexOf(this.preset) : -1) + 1) % PRESETS.length] ?? 'cargo'; }
	nextEnhance(): void { this.enhance = ENHANCE[(ENHANCE.indexOf(this.enhance) + 1) % ENHANCE.length] ?? 'off'; }
	set(to: Window): void { this.own = to; this.preset = null; }
	/** Wider and brighter by so many steps, either way. */
	nudge(wider: number, brighter: number, histogram: Uint32Array | null): void {
		const from = this.windowFor(histogram);
		this.set(windowOf(widthOf(from) + wider * STEP, levelOf(from) + (this.air_white ? -1 : 1) * brighter * STEP));
	}
	invert(): void {
		this.air_white = !this.air_white;
		try { localStorage.setItem(KEPT, this.air_white ? 'white' : 'black'); } catch { /* private window */ }
	}
}
