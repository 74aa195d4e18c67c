/** What the system calls do to files by path: one door to the parts. */
export * from './attributes.js';
export { link, mkdir, mknod, rename, rmdir, symlink, unlink } from './names.js';
export { open, openLocation } from './open.js';
export { getXattr, listXattrs, removeXattr, setXattr } from './xattr.js';
