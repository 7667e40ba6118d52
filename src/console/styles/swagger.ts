import { css } from './css.ts';
export const swaggerStyles = css``;
