// Who sits here. The cookie is the server's; this only remembers its answer.
import { api, Failed, UNREACHABLE } from '$lib/api/client';
import type { Me } from '$lib/api/shapes';

let me = $state<Me | null>(null);
let asked = $state(false);
let away = $state(false);

export const session = {
	get me(): Me | null { return me; },
	/** Has the server answered at least once? */
	get asked(): boolean { return asked; },
	get away(): boolean { return away; },
	take(it: Me | null) { me = it; asked = true; away = false; },
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

/** Where somebody of this role starts. */
export function home(it: Me): string {
	switch (it.role) {
		case 'supervisor': case 'auditor': case 'administrator': return '/wall';
		case 'carrier': return '/portal';
		default: return '/queue';
	}
}
