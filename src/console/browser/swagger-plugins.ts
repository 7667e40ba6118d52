// What the reference page changes of Swagger UI, through its plugin interface.
//
// One function that needs nothing from outside, for its text is what the browser gets (see assets.ts).

interface Swagger {
  readonly React: { readonly createElement: (kind: unknown, props?: object | null, ...children: unknown[]) => unknown };
}
/** A request as it is kept. */
interface Shown {
  readonly getIn: (path: readonly string[]) => unknown;
  readonly setIn: (path: readonly string[], value: unknown) => Shown;
}

export function swaggerPlugins() {
  return { operationsAlone, withoutTags, curlWithoutToken };

  /** A layout without title and servers, which the page says above. */
  function operationsAlone({ React: { createElement } }: Swagger): object {
    const layout = ({ getComponent }: { readonly getComponent: (name: string, isConnected?: true) => unknown }) =>
      createElement(
        'div',
        { className: 'swagger-ui' },
        createElement(getComponent('SvgAssets')),
        createElement(getComponent('AuthorizeBtnContainer', true)),
        createElement(getComponent('operations', true)),
        createElement(getComponent('Models', true)),
      );
    return { components: { OperationsAlone: layout } };
  }

  /** Of one operation a tag says nothing. */
  function withoutTags({ React: { createElement } }: Swagger): object {
    const untagged = () => (props: { readonly children?: unknown }) =>
      createElement('div', null, createElement('h3', { className: 'unseen' }, 'Operation'), props.children);
    return { wrapComponents: { OperationTag: untagged } };
  }

  /** A bearer token that was typed in unseen is not to be read, or copied, from the command that is shown. */
  function curlWithoutToken({ React: { createElement } }: Swagger): object {
    const masked = (curl: unknown) => (props: { readonly request: Shown }) => {
      const { request } = props;
      const isBearer = /^Bearer /.test(String(request.getIn(['headers', 'Authorization'])));
      const shown = isBearer ? request.setIn(['headers', 'Authorization'], 'Bearer …') : request;
      return createElement(curl, { ...props, request: shown });
    };
    return { wrapComponents: { curl: masked } };
  }
}
