package io.arrowquant.quantize.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.RunInterruptedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OrderedWorkTest {

  private final AtomicInteger open = new AtomicInteger();

  private final class Piece implements AutoCloseable {
    final int number;

    Piece(int number) {
      this.number = number;
      open.incrementAndGet();
    }

    @Override
    public void close() {
      open.decrementAndGet();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7})
  @SuppressWarnings("ThreadPriorityCheck") // turns are to change, whoever gets them
  void resultsComeInOrderAndFewWait(int threads) {
    List<Integer> taken = new ArrayList<>();
    AtomicInteger most = new AtomicInteger();
    new OrderedWork<Piece>(500, 5)
        .run(
            threads,
            () -> {
              Random random = new Random();
              return i -> {
                if (random.nextInt(20) == 0) {
                  Thread.yield();
                }
                Piece piece = new Piece(i);
                most.accumulateAndGet(open.get(), Math::max);
                return piece;
              };
            },
            piece -> {
              taken.add(piece.number);
              piece.close();
            });
    assertEquals(IntStream.range(0, 500).boxed().toList(), taken);
    assertTrue(most.get() <= 6, "at once: " + most.get());
    assertEquals(0, open.get());
  }

  @Test
  void anErrorOfAWorkerStopsEverythingAndLeavesNothingOpen() {
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () ->
                new OrderedWork<Piece>(100, 5)
                    .run(
                        3,
                        () ->
                            i -> {
                              if (i == 40) {
                                throw new IllegalStateException("broken");
                              }
                              return new Piece(i);
                            },
                        Piece::close));
    assertEquals("broken", e.getMessage());
    assertEquals(0, open.get());
  }

  @Test
  void anErrorOfTheTakerStopsEverything() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new OrderedWork<Piece>(100, 5)
                .run(
                    3,
                    () -> Piece::new,
                    piece -> {
                      piece.close();
                      if (piece.number == 10) {
                        throw new IllegalArgumentException();
                      }
                    }));
    assertEquals(0, open.get());
  }

  @Test
  void anInterruptStopsEverything() throws InterruptedException {
    CountDownLatch started = new CountDownLatch(1);
    Throwable[] thrown = new Throwable[1];
    Thread runner =
        new Thread(
            () -> {
              try {
                new OrderedWork<Piece>(1_000_000, 5)
                    .run(
                        2,
                        () -> Piece::new,
                        piece -> {
                          piece.close();
                          started.countDown();
                        });
              } catch (RuntimeException e) {
                thrown[0] = e;
              }
            });
    runner.start();
    started.await();
    runner.interrupt();
    runner.join();
    assertTrue(thrown[0] instanceof RunInterruptedException, () -> "" + thrown[0]);
    assertEquals(0, open.get());
  }
}
