// What a role may not see is not nothing (crates/centre/src/authority.rs): the API leaves it out, and a page that draws the
// hole as "none" or "not measured" lies. Only for drawing: the centre decides who sees what.
import type { Me, Stage } from '$lib/api/shapes';

type Viewer = Pick<Me, 'role' | 'agency'> | null;
export type Part = 'radiation' | 'vehicle' | 'cases' | 'findings_of_all';

export function sees(me: Viewer, part: Part): boolean {
	if (me === null) return false;
	if (me.role === 'supervisor' || me.role === 'auditor') return true;
	if (me.role !== 'officer' || me.agency === null) return false;
	switch (part) {
		case 'radiation': return ['customs', 'sanitary_quarantine'].includes(me.agency);
		case 'vehicle': return ['customs', 'transport_control', 'road_police'].includes(me.agency);
		case 'cases': return true;
		case 'findings_of_all': return false;
	}
}
/** Whether the viewer sees what a stage measures. */
export function seesStage(me: Viewer, stage: Stage): boolean {
	return stage === 'radiation' ? sees(me, 'radiation') : stage === 'dimensions' ? sees(me, 'vehicle') : true;
}
