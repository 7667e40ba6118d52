// What is filled in and pressed in Swagger UI: parameters, the body, Execute.
import { css } from './css.ts';

export const formStyles = css`
  #try-it .parameters-container .table-container {
    padding: 1rem var(--inset);
  }

  #try-it .parameters thead {
    display: none;
  }

  #try-it .swagger-ui .parameters tbody tr td {
    padding: 0;
  }

  #try-it .swagger-ui .parameters tbody tr td:first-of-type {
    min-width: 7rem;
    padding-right: 1.25rem;
  }

  #try-it .swagger-ui .parameters tbody tr + tr td {
    padding-top: 0.9rem;
  }

  /* A name and its field stand below each other where there is no room beside. */
  @media (max-width: 45rem) {
    #try-it .parameters :is(tbody, tr, td) {
      display: block;
      width: 100%;
      margin: 0;
    }

    #try-it .swagger-ui .parameters tbody tr + tr td:last-of-type {
      padding-top: 0;
    }
  }

  #try-it .parameters :is(.parameter__name, .parameter__type, .parameter__in) {
    padding: 0;
    color: var(--ink);
    font: 500 0.875rem/1.6 var(--mono);
  }

  #try-it .parameters :is(.parameter__type, .parameter__in) {
    color: var(--quiet);
    font: 400 0.8125rem/1.6 var(--sans);
  }

  #try-it .parameters select {
    margin-top: 0.5rem;
  }

  /* Nothing is said of parameters where there are none, unless the way to try it is in that head. */
  #try-it[data-ready='true'] .opblock-section-header:has(+ .parameters-container > .opblock-description-wrapper),
  #try-it .parameters-container > .opblock-description-wrapper {
    display: none;
  }

  #try-it .opblock-description-wrapper {
    margin: 0;
    padding: 0 var(--inset) 1rem;
  }

  #try-it .opblock-section-request-body > .opblock-description-wrapper {
    padding-top: 1rem;
  }

  #try-it .swagger-ui .opblock .opblock-body > .opblock-description-wrapper {
    border: 0;
    padding-top: 0.25rem;
  }

  #try-it :is(.renderedMarkdown p, .opblock-description p) {
    margin: 0;
    max-width: 46rem;
    font: 0.9375rem/1.6 var(--sans);
  }

  #try-it .renderedMarkdown code {
    padding: 0.1em 0.35em;
    border-radius: 4px;
    background: var(--accent-ground);
    color: var(--accent);
    font: 500 0.875em var(--mono);
  }

  #try-it .opblock-body > :is(.btn-group, .execute-wrapper) {
    display: flex;
    gap: 0.75rem;
    padding: 0 var(--inset) 1.25rem;
  }

  #try-it .opblock-body > :is(.btn-group, .execute-wrapper) .btn {
    flex: 0 1 auto;
    width: auto;
    padding: 0.55rem 1.6rem;
  }

  #try-it :is(select, input[type='text'], textarea) {
    max-width: 100%;
    border: 1px solid var(--line-strong);
    border-radius: 6px;
    background-color: var(--raised);
    box-shadow: none;
    color: var(--ink);
    font: 0.875rem/1.5 var(--sans);
  }

  #try-it select {
    padding: 0.3rem 2.2rem 0.3rem 0.6rem;
  }

  #try-it .swagger-ui textarea {
    min-height: 9rem;
    padding: 0.75rem 0.9rem;
    background: var(--sunken);
    font: 0.8125rem/1.6 var(--mono);
  }

  #try-it .tab li {
    padding: 0;
  }

  #try-it .tab {
    gap: 1rem;
    margin: 0 0 0.4rem;
  }

  #try-it .tab li:first-of-type::after {
    display: none;
  }

  #try-it .tablinks {
    padding: 0.1rem 0;
    color: var(--quiet);
    font: 400 0.8125rem/1.5 var(--sans);
  }

  #try-it .tabitem.active .tablinks {
    color: var(--ink);
    font-weight: 600;
  }

  #try-it :is(.examples-select__section-label, small) {
    color: var(--quiet);
    font: 400 0.8125rem/1.6 var(--sans);
  }

  #try-it .response-control-media-type__accept-message {
    display: none;
  }

  #try-it .response-control-media-type--accept-controller select {
    border-color: var(--line-strong);
  }
`;
