const KEY = 'tidemark.token'

/** The token that this tab shows to a server which asks for one; kept until the tab is closed. */
export function accessToken(): string | null {
  return sessionStorage.getItem(KEY)
}

export function setAccessToken(token: string): void {
  if (token) sessionStorage.setItem(KEY, token)
  else sessionStorage.removeItem(KEY)
}
