/* Few doubles used again and again, with a square root and a division per pair: planets attracting each other. */
#include "kernel.h"
#include "root.h"

enum { BODIES = 5, STEPS = 120000 };
struct body { double x, y, z, vx, vy, vz, mass; };

/* A star and four light planets on roughly circular orbits; units make G = 1. */
static struct body bodies[BODIES] = {
  {0, 0, 0, 0, 0, 0, 40},
  {5, 0.3, -0.1, 0.1, 2.8, 0.02, 0.04},
  {-9, 1.5, 0.4, -0.3, -2.1, 0.05, 0.012},
  {2, -14, 0.9, 1.6, 0.2, -0.04, 0.002},
  {-3, 21, -0.7, -1.35, -0.2, 0.03, 0.0025},
};

static void advance(double dt) {
  for (int i = 0; i < BODIES; i++) {
    struct body *a = &bodies[i];
    for (int j = i + 1; j < BODIES; j++) {
      struct body *b = &bodies[j];
      double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      double squared = dx * dx + dy * dy + dz * dz;
      double pull = dt / (squared * root(squared));
      a->vx -= dx * b->mass * pull, a->vy -= dy * b->mass * pull, a->vz -= dz * b->mass * pull;
      b->vx += dx * a->mass * pull, b->vy += dy * a->mass * pull, b->vz += dz * a->mass * pull;
    }
  }
  for (int i = 0; i < BODIES; i++) {
    struct body *a = &bodies[i];
    a->x += dt * a->vx, a->y += dt * a->vy, a->z += dt * a->vz;
  }
}

static double energy(void) {
  double sum = 0;
  for (int i = 0; i < BODIES; i++) {
    struct body *a = &bodies[i];
    sum += 0.5 * a->mass * (a->vx * a->vx + a->vy * a->vy + a->vz * a->vz);
    for (int j = i + 1; j < BODIES; j++) {
      struct body *b = &bodies[j];
      double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      sum -= a->mass * b->mass / root(dx * dx + dy * dy + dz * dz);
    }
  }
  return sum;
}

static uint64_t kernel(void) {
  for (int step = 0; step < STEPS; step++) advance(1e-4);
  /* Nine digits: a compiler that fuses multiplications and additions changes the last ones. */
  return (uint64_t)(int64_t)(energy() * 1e9);
}
