// Swagger UI in the console's own colours and type, and on the width of a phone.
//
// The identifier in front of every rule outweighs whatever Swagger UI says, also of its dark scheme.
import { css } from './css.ts';

export const swaggerStyles = css`
  html.dark-mode {
    background: var(--ground);
  }

  #try-it {
    --inset: 1.25rem;
  }

  @media (max-width: 45rem) {
    #try-it {
      --inset: 1rem;
    }
  }

  #try-it .swagger-ui {
    background: none;
    color: var(--ink);
    font-family: var(--sans);
  }

  #try-it
    .swagger-ui
    :is(p, li, td, th, label, small, h4, h5, .opblock-summary-description, .response-col_status, .tablinks, i) {
    color: var(--ink);
    font-family: var(--sans);
  }

  /* Above the operation: the way to other credentials. */
  #try-it .auth-wrapper {
    justify-content: flex-end;
    margin: 1rem 0 0;
  }

  #try-it .btn {
    margin: 0;
    padding: 0.4rem 0.9rem;
    border: 1px solid var(--line-strong);
    border-radius: 6px;
    background: var(--raised);
    box-shadow: none;
    color: var(--ink);
    font: 500 0.875rem/1.5 var(--sans);
  }

  #try-it .btn:hover {
    border-color: var(--accent);
  }

  #try-it .btn.authorize {
    color: var(--accent);
  }

  #try-it .btn.authorize span {
    padding: 0;
  }

  #try-it :is(.btn.authorize svg, .authorization__btn svg) {
    color: var(--accent);
    fill: var(--accent);
  }

  #try-it :is(.opblock-control-arrow svg, .models-control svg, .close-modal svg) {
    color: var(--quiet);
    fill: var(--quiet);
  }

  #try-it .btn.authorize,
  #try-it .auth-btn-wrapper {
    display: inline-flex;
    align-items: center;
    gap: 0.5rem;
  }

  #try-it .btn.execute {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--ground);
    font-weight: 600;
  }

  #try-it .btn.execute:hover {
    filter: brightness(1.12);
  }

  /* Where every operation can be tried at once there is nothing to switch on. */
  #try-it[data-ready='true'] .try-out {
    display: none;
  }

  #try-it .opblock {
    margin: 1rem 0 2rem;
    border: 1px solid var(--line);
    border-radius: 10px;
    background: var(--raised);
    box-shadow: none;
    overflow: clip;
  }

  #try-it .swagger-ui .opblock .opblock-summary {
    padding: 0.75rem var(--inset);
    border: 0;
  }

  #try-it .opblock-summary-control:focus-visible,
  #try-it :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
    box-shadow: none;
  }

  #try-it .opblock .opblock-summary-method {
    min-width: 0;
    padding: 0;
    background: none;
    color: var(--accent);
    font: 600 0.8125rem/1.5 var(--mono);
    letter-spacing: 0.04em;
    text-shadow: none;
  }

  #try-it .opblock-summary-control {
    gap: 0.75rem;
    min-width: 0;
  }

  #try-it .opblock-summary-path-description-wrapper {
    min-width: 0;
    padding: 0;
    gap: 0 1rem;
  }

  #try-it .opblock-summary-path,
  #try-it .opblock-summary-path :is(a, span) {
    max-width: 100%;
    padding: 0;
    color: var(--ink);
    font: 500 0.9375rem/1.5 var(--mono);
    overflow-wrap: anywhere;
    word-break: normal;
  }

  #try-it .opblock-summary-description {
    color: var(--quiet);
    font-size: 0.875rem;
  }

  #try-it .swagger-ui .opblock .opblock-section-header {
    min-height: 0;
    padding: 0.6rem var(--inset);
    border: 0;
    border-top: 1px solid var(--line);
    background: var(--sunken);
    box-shadow: none;
  }

  #try-it :is(.opblock-section-header h4, .opblock-title, .headers__title, .responses-inner h4, .responses-inner h5) {
    margin: 0;
    padding: 0;
    color: var(--ink);
    font: 600 0.875rem/1.6 var(--sans);
  }

  #try-it .opblock .tab-header .tab-item.active h4 span::after {
    display: none;
  }

  #try-it .opblock-section-header label {
    color: var(--quiet);
    font: 400 0.8125rem/1.5 var(--sans);
  }

  #try-it .parameter__name.required::after {
    color: var(--bad);
  }

  #try-it .parameter__name.required span {
    color: var(--bad);
  }

  #try-it .dialog-ux .modal-ux {
    border: 1px solid var(--line-strong);
    border-radius: 10px;
    background: var(--raised);
    color: var(--ink);
  }

  #try-it .dialog-ux :is(.modal-ux-header, .auth-container) {
    border-color: var(--line);
  }

  #try-it .dialog-ux :is(h3, h4, h6, p, label, code) {
    color: var(--ink);
  }

  #try-it .dialog-ux h3 {
    font: 600 1.0625rem/1.5 var(--sans);
  }

  #try-it .dialog-ux h4 {
    margin: 0 0 0.5rem;
    font: 600 0.9375rem/1.5 var(--sans);
  }
`;
