// The alarms of whoever is logged in, on every page. A page that loads its own queue or wall hands on what that answer says of
// alarms; on all others they are asked for here.
import { api } from '$lib/api/client';
import type { Alarm, Me } from '$lib/api/shapes';

let alarms = $state.raw<readonly Alarm[]>([]);
let fed = 0;
let asking = false;
let again = false;

/** Who is told of alarms at all. */
export const mayHear = (me: Pick<Me, 'role'> | null): boolean => me !== null && me.role !== 'carrier';

export const alarmStore = {
	get list() { return alarms; },
	take(it: readonly Alarm[]) { alarms = it; },
	forget() { alarms = []; },
	/** A page that loads queue or wall by itself calls this, and the function that it gives when it goes. */
	feed(): () => void { fed += 1; return () => { fed -= 1; }; },
	/** `always` after a silence: the page's own load may be far. */
	async load(me: Me, when: 'if_needed' | 'always' = 'if_needed'): Promise<void> {
		if (!mayHear(me) || (fed > 0 && when === 'if_needed')) return;
		if (asking) { again = true; return; }
		asking = true;
		try { do { again = false; alarms = (await (me.role === 'administrator' ? api.wall() : api.queue('mine'))).alarms; } while (again); }
		catch { /* the strip says that the centre is away; what was heard stays */ }
		finally { asking = false; }
	}
};
