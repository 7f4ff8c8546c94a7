// Who sits here. The cookie is the server's; this only remembers its answer.
import { api, Failed, onSessionLost, UNREACHABLE } from '$lib/api/client';
import type { Me } from '$lib/api/shapes';

let me = $state<Me | null>(null);
let asked = $state(false);
let away = $state(false);
/** How it came that nobody is logged in. */
let gone = $state<'never' | 'left' | 'lost'>('never');

export const session = {
	get me(): Me | null { return me; },
	/** Has the server answered at least once? */
	get asked(): boolean { return asked; },
	get away(): boolean { return away; },
	get gone() { return gone; },
	take(it: Me | null) {
		if (it) gone = 'never'; else if (me) gone = 'lost';
		me = it; asked = true; away = false;
	},
	/** The person logged out: nothing was lost and no page is kept for whoever comes next. */
	leave() { session.take(null); gone = 'left'; },
	/** Asks who I am; 401 means nobody. Throws nothing: an unreachable server is a state of the page. */
	async ask(): Promise<Me | null> {
		try {
			session.take(await api.me());
		} catch (why) {
			if (why instanceof Failed && why.problem.status === 401) session.take(null);
			else { away = why instanceof Failed && why.problem.code === UNREACHABLE; asked = true; }
		}
		return me;
	}
};

/** The centre knows nobody here any more: any answer may say so. */
onSessionLost(() => { if (me) session.take(null); });

/** A page of this site to go back to after the log-in; anything else is nowhere. */
export function safeTo(it: string | null): string | null {
	if (!it || !/^\/(?![\/\\])/.test(it) || /[\u0000-\u001f\\]/.test(it) || /^\/login(?:[/?#]|$)/.test(it)) return null;
	return it === '/' ? null : it;
}

/** Where somebody of this role starts. */
export function home(it: Me): string {
	switch (it.role) {
		case 'supervisor': case 'auditor': case 'administrator': return '/wall';
		case 'carrier': return '/portal';
		default: return '/queue';
	}
}
