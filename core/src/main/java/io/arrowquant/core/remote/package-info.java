/**
 * Models on a server, read by HTTP ranges as if they were files: {@link
 * io.arrowquant.core.remote.RemotePath} is a {@link java.nio.file.Path} of a read-only file system.
 * What goes over the network is decided in this order: {@code RemotePath} (an address as the user
 * wrote it), {@code RemoteFolder} (which files there are, and of which commit), {@code RemoteFile}
 * (one file, its version pinned at the first answer), {@code RangeRequest} (one range, retried and
 * resumed), {@code RemoteClient} (one exchange, redirects followed by hand).
 */
package io.arrowquant.core.remote;
