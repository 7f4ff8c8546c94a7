// Night or day, by one attribute on the document. The phone and the lane begin in daylight.
export type Theme = 'night' | 'day';
const KEPT = 'beket.theme';
let theme = $state<Theme>('night');

export const look = {
	get theme(): Theme { return theme; },
	set(it: Theme) {
		theme = it;
		document.documentElement.dataset.theme = it;
		try { localStorage.setItem(KEPT, it); } catch { /* lasts as long as the page */ }
	},
	start(path: string) {
		let kept: string | null = null;
		try { kept = localStorage.getItem(KEPT); } catch { /* as above */ }
		const it = kept === 'day' || kept === 'night' ? kept : path.startsWith('/portal') || path.startsWith('/lane') ? 'day' : 'night';
		theme = it;
		document.documentElement.dataset.theme = it;
	},
	toggle() { look.set(theme === 'night' ? 'day' : 'night'); }
};
