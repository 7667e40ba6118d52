// What the reference page changes of Swagger UI, through its plugin interface.

interface System {
  readonly React: { readonly createElement: (kind: unknown, props?: object | null, ...children: unknown[]) => unknown };
}
/** A request as Swagger UI keeps it. */
interface KeptRequest {
  readonly getIn: (path: readonly string[]) => unknown;
  readonly setIn: (path: readonly string[], value: unknown) => KeptRequest;
}

/** A layout without title and servers, which the page itself shows. */
export function operationsAlone({ React: { createElement } }: System): object {
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

/** A tag says nothing about a single operation. */
export function withoutTags({ React: { createElement } }: System): object {
  const untagged = () => (props: { readonly children?: unknown }) =>
    createElement('div', null, createElement('h3', { className: 'unseen' }, 'Operation'), props.children);
  return { wrapComponents: { OperationTag: untagged } };
}

/** Keeps a bearer token, which is typed in unseen, out of the command that is shown and copied. */
export function curlWithoutToken({ React: { createElement } }: System): object {
  const masked = (curl: unknown) => (props: { readonly request: KeptRequest }) => {
    const { request } = props;
    const isBearer = /^Bearer /.test(String(request.getIn(['headers', 'Authorization'])));
    const shown = isBearer ? request.setIn(['headers', 'Authorization'], 'Bearer …') : request;
    return createElement(curl, { ...props, request: shown });
  };
  return { wrapComponents: { curl: masked } };
}
