/** What ends `rootfs create`, in one line. */
export class RootfsError extends Error {}
