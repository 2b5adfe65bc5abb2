// Package service is the suite's ConformanceService as a Parley service. It
// runs behind the platform's whole chain, like the product's own services.
//
// The suite's service.proto says what each method must do.
package service
