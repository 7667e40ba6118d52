// axios: one interceptor attaches the access token, the other retries a request after a 401.
import axios, { isAxiosError, type AxiosInstance } from 'axios';
import type { Session } from 'refract/session';

export function axiosWith(session: Session, baseURL: string): AxiosInstance {
  const api = axios.create({ baseURL });
  api.interceptors.request.use(async (config) => {
    config.headers.set('authorization', `Bearer ${await session.accessToken()}`);
    return config;
  });
  api.interceptors.response.use(undefined, async (failure: unknown) => {
    if (!isAxiosError(failure) || failure.config === undefined || failure.response?.status !== 401) throw failure;
    const { headers } = failure.config;
    const fresh = await session.accessTokenAfter(String(headers.get('authorization')).replace('Bearer ', ''));
    headers.set('authorization', `Bearer ${fresh}`);
    // Sent without the interceptors, so it is retried only once.
    return axios.request(failure.config);
  });
  return api;
}
