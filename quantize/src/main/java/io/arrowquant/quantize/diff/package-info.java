/** What two models differ in, tensor by tensor, whatever form each is stored in. */
package io.arrowquant.quantize.diff;
