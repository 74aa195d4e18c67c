// C++ under glibc: exceptions through frames, destructors, RTTI, containers, strings, streams, thread-local storage.
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

struct Guard {
  std::string name;
  explicit Guard(std::string n) : name(std::move(n)) {}
  ~Guard() { std::cout << "~" << name << "\n"; }
};

struct Custom : std::runtime_error {
  int code;
  Custom(int c) : std::runtime_error("custom " + std::to_string(c)), code(c) {}
};

struct Base {
  virtual ~Base() = default;
  virtual int value() const { return 1; }
};
struct Derived : Base {
  int value() const override { return 2; }
};

static thread_local int counter = 40;

static int deep(int n) {
  Guard guard("deep" + std::to_string(n));
  if (n == 0) throw Custom(7);
  return deep(n - 1) + 1;
}

int main() {
  try {
    deep(3);
  } catch (const Custom &error) {
    std::cout << "caught " << error.what() << " code " << error.code << "\n";
  }
  try {
    std::vector<int> v(3);
    v.at(10) = 1;
  } catch (const std::out_of_range &) {
    std::cout << "out of range\n";
  }
  try {
    try {
      throw 42;
    } catch (...) {
      Guard guard("rethrow");
      throw;
    }
  } catch (int n) {
    std::cout << "int " << n << "\n";
  }
  try {
    Base base;
    (void)dynamic_cast<Derived &>(base);
  } catch (const std::bad_cast &) {
    std::cout << "bad cast\n";
  }
  try {
    std::vector<char> huge(static_cast<size_t>(1) << 50);
    std::cout << huge.size();
  } catch (const std::bad_alloc &) {
    std::cout << "bad alloc\n";
  }
  std::unique_ptr<Base> p = std::make_unique<Derived>();
  std::cout << p->value() << " " << ++counter << "\n";

  std::map<std::string, int> words;
  std::istringstream text("the cat the dog the end");
  for (std::string w; text >> w;) words[w]++;
  for (auto &[w, n] : words) std::cout << w << "=" << n << " ";
  std::unordered_map<int, double> squares;
  for (int i = 0; i < 1000; i++) squares[i] = i * 0.5;
  std::vector<int> v(1000);
  std::iota(v.begin(), v.end(), 0);
  std::reverse(v.begin(), v.end());
  std::sort(v.begin(), v.end(), [](int a, int b) { return a % 10 != b % 10 ? a % 10 < b % 10 : a < b; });
  double sum = 0;
  for (auto &[k, x] : squares) sum += x;
  std::cout.precision(10);
  std::cout << "\n" << v[0] << " " << v[999] << " " << sum << " " << 1.0 / 3 << "\n";
  return 0;
}
