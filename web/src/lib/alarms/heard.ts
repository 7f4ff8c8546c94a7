// Which alarms have been heard on this seat. An alarm sounds once, when it first appears; a page that is opened again or a
// centre that was restarted does not sound the old ones anew.
import type { Alarm } from '$lib/api/shapes';

const KEPT = 400;
const PLACE = 'beket.alarms.heard';

export const alarmKey = (it: Alarm): string => `${it.checkpoint}|${it.passage ?? ''}|${it.what}|${it.at}`;

/** Those that stand, are not silenced and were not heard; and what is then to be remembered, the newest last. */
export function unheard(alarms: readonly Alarm[], heard: readonly string[]): { fresh: Alarm[]; heard: string[] } {
	const known = new Set(heard);
	const fresh = alarms.filter((it) => it.silenced === null && !known.has(alarmKey(it)));
	return { fresh, heard: [...heard, ...fresh.map(alarmKey)].slice(-KEPT) };
}

export function remembered(store: Pick<Storage, 'getItem'>): string[] {
	try {
		const it: unknown = JSON.parse(store.getItem(PLACE) ?? '[]');
		return Array.isArray(it) ? it.filter((k): k is string => typeof k === 'string') : [];
	} catch {
		return [];
	}
}
export function remember(store: Pick<Storage, 'setItem'>, heard: readonly string[]) {
	try { store.setItem(PLACE, JSON.stringify(heard)); } catch { /* a full store only means that it sounds again */ }
}

/** Two soft tones, a third of a second. A browser that nobody has touched yet keeps silent: the shape and the word stand anyway. */
export function sound() {
	try {
		const context = new AudioContext();
		if (context.state !== 'running') { void context.close(); return; }
		const gain = context.createGain();
		gain.gain.setValueAtTime(0.0001, context.currentTime);
		gain.gain.exponentialRampToValueAtTime(0.12, context.currentTime + 0.03);
		gain.gain.exponentialRampToValueAtTime(0.0001, context.currentTime + 0.34);
		gain.connect(context.destination);
		for (const [hz, from] of [[660, 0], [880, 0.16]] as const) {
			const tone = context.createOscillator();
			tone.frequency.value = hz;
			tone.connect(gain);
			tone.start(context.currentTime + from);
			tone.stop(context.currentTime + from + 0.18);
			if (from > 0) tone.onended = () => void context.close();
		}
	} catch { /* no sound on this machine */ }
}
