// Requests of every wrong shape.
import { malformed } from './malformed.ts';
import { compressed, oversized } from './oversized.ts';
import type { Shape } from './shape.ts';
import { smuggled } from './smuggled.ts';
import { bodies, methods } from './unexpected.ts';

export function shapes(): readonly Shape[] {
  return [...smuggled(), ...malformed(), ...oversized(), ...compressed(), ...bodies(), ...methods()];
}
