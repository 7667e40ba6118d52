// Swagger UI's answers and examples: rows that stand below each other where there is no room for columns.
import { css } from './css.ts';

export const answerStyles = css`
  #try-it .responses-inner {
    padding: 0 var(--inset) 1.25rem;
  }

  #try-it .responses-inner h4,
  #try-it .responses-inner h5 {
    margin: 1.1rem 0 0.4rem;
  }

  #try-it .responses-inner h5 {
    color: var(--quiet);
    font-weight: 400;
    font-size: 0.8125rem;
  }

  /* A list of answers rather than a table: the head says nothing, and no document has links. */
  #try-it .responses-table,
  #try-it .responses-table > tbody {
    display: block;
    width: 100%;
    padding: 0;
  }

  #try-it .responses-table > thead,
  #try-it .responses-table tr.response > td.response-col_links {
    display: none;
  }

  #try-it .responses-table tr.response {
    display: grid;
    grid-template-columns: 3.25rem minmax(0, 1fr);
    gap: 0.75rem 1.25rem;
    padding: 1.25rem 0;
    border-bottom: 1px solid var(--line);
  }

  #try-it .responses-table tr.response:last-child {
    border-bottom: 0;
  }

  #try-it .live-responses-table tr.response {
    padding: 0.5rem 0 1.25rem;
  }

  #try-it .responses-table tr.response > td {
    display: block;
    width: auto;
    max-width: none;
    min-width: 0;
    padding: 0;
  }

  #try-it .responses-table td.response-col_status {
    font: 600 0.9375rem/1.6 var(--mono);
  }

  #try-it .live-responses-table .response-col_description > div:first-child h5 {
    margin-top: 0.1rem;
  }

  #try-it section.response-controls {
    flex-wrap: wrap;
    gap: 0.5rem 1.25rem;
    padding: 0.75rem 0 0.5rem;
  }

  #try-it :is(.response-control-media-type, .response-control-examples, .examples-select) {
    min-width: 0;
    max-width: 100%;
    padding: 0;
    margin: 0;
  }

  #try-it .examples-select {
    display: block;
    margin-bottom: 0.75rem;
  }

  #try-it .response-control-examples .examples-select {
    margin: 0;
  }

  #try-it .examples-select__section-label {
    display: block;
    margin: 0;
  }

  /* Code stands on one dark ground in both schemes, which the highlighting is made for. */
  #try-it pre.microlight {
    margin: 0;
    padding: 0.8rem 1rem !important;
    border: 1px solid transparent;
    border-radius: 6px;
    background: #20242d !important;
    color: #e9ebf0;
    font: 0.8125rem/1.6 var(--mono);
    overflow-wrap: anywhere;
    white-space: pre-wrap;
    word-break: normal;
    hyphens: none;
  }

  #try-it pre.microlight :is(span, code) {
    font: inherit;
    white-space: inherit !important;
  }

  #try-it .highlight-code > .microlight {
    max-height: none;
  }

  /* Room for the button that stands on it. */
  #try-it pre.microlight.curl {
    padding-right: 3.25rem !important;
  }

  #try-it .live-responses-table .highlight-code pre.microlight {
    padding-bottom: 3.25rem !important;
  }

  #try-it pre.microlight .headerline {
    display: block;
  }

  #try-it :is(.curl-command, .highlight-code) {
    position: relative;
  }

  #try-it .copy-to-clipboard {
    width: 2rem;
    height: 2rem;
    border-radius: 6px;
    background-color: #3a4150;
  }

  #try-it .highlight-code .copy-to-clipboard,
  #try-it .curl-command .copy-to-clipboard {
    right: 0.5rem;
    bottom: 0.5rem;
  }

  #try-it .opblock-summary .copy-to-clipboard {
    display: none;
  }

  #try-it .download-contents {
    height: 2rem;
    right: 3rem;
    bottom: 0.5rem;
    padding: 0 0.75rem;
    border-radius: 6px;
    background: #3a4150;
    color: #ffffff;
    font: 500 0.8125rem/2rem var(--sans);
  }

  #try-it .headers-wrapper {
    padding: 0;
    margin-top: 0.9rem;
  }

  #try-it .headers-wrapper .headers__title {
    margin: 0 0 0.2rem;
    color: var(--quiet);
    font-weight: 400;
    font-size: 0.8125rem;
  }

  #try-it .headers,
  #try-it .headers tbody {
    display: block;
  }

  #try-it .headers thead {
    display: none;
  }

  #try-it .headers tr {
    display: grid;
    grid-template-columns: 8rem minmax(0, 1fr) 4rem;
    gap: 0 1rem;
    padding: 0.25rem 0;
  }

  #try-it .headers td.header-col {
    display: block;
    width: auto;
    padding: 0;
    color: var(--ink);
    font: 0.875rem/1.55 var(--sans);
  }

  #try-it .headers td.header-col:first-child {
    font-family: var(--mono);
    font-size: 0.8125rem;
  }

  #try-it .headers td.header-col:last-child {
    color: var(--quiet);
    font-size: 0.8125rem;
  }

  #try-it .headers .renderedMarkdown p {
    font-size: 0.875rem;
    line-height: 1.55;
  }

  #try-it section.models {
    margin: 0;
    border: 1px solid var(--line);
    border-radius: 10px;
    background: var(--raised);
  }

  #try-it section.models h4 {
    margin: 0;
    padding: 0.5rem var(--inset);
    border: 0;
    font: 600 0.9375rem/1.6 var(--sans);
  }

  #try-it section.models .models-control {
    padding: 0.25rem 0;
  }

  @media (max-width: 45rem) {
    #try-it .opblock-summary-control {
      flex-direction: column;
      align-items: flex-start;
      gap: 0;
    }

    #try-it .responses-table tr.response {
      grid-template-columns: minmax(0, 1fr);
      gap: 0.4rem;
    }

    #try-it .headers tr {
      grid-template-columns: minmax(0, 1fr) auto;
    }

    #try-it .headers td.header-col:nth-child(2) {
      grid-row: 2;
      grid-column: 1 / -1;
      color: var(--quiet);
    }
  }
`;
