package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	trainerconfig "github.com/kubeflow/trainer/v2/pkg/apis/config/v1alpha1"
	trainer "github.com/kubeflow/trainer/v2/pkg/apis/trainer/v1alpha1"
	trainercontroller "github.com/kubeflow/trainer/v2/pkg/controller"
	trainerruntime "github.com/kubeflow/trainer/v2/pkg/runtime/core"
	trainerwebhooks "github.com/kubeflow/trainer/v2/pkg/webhooks"
	admission "k8s.io/api/admissionregistration/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	jobset "sigs.k8s.io/jobset/api/jobset/v1alpha2"
	jobsetcontrollers "sigs.k8s.io/jobset/pkg/controllers"
	jobsetwebhooks "sigs.k8s.io/jobset/pkg/webhooks"
	schedulerplugins "sigs.k8s.io/scheduler-plugins/apis/scheduling/v1alpha1"
	volcano "volcano.sh/apis/pkg/apis/scheduling/v1beta1"

	"kubelab/outside"
)

// JobSet and Kubeflow Trainer in one program.
var jobControllers = outside.Project{
	Name: "job-controllers",
	AddToScheme: []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, jobset.AddToScheme, trainer.AddToScheme, trainerconfig.AddToScheme,
		schedulerplugins.AddToScheme, volcano.AddToScheme,
	},
	SetUp: func(ctx context.Context, mgr ctrl.Manager) error {
		return errors.Join(setUpJobSet(ctx, mgr), setUpTrainer(ctx, mgr))
	},
	Scope: func(rules []admission.RuleWithOperations) (*meta.LabelSelector, bool) {
		if slices.Contains(rules[0].Resources, "pods") {
			return outside.WithLabel(jobset.JobSetNameKey), true
		}
		return nil, true
	},
}

func setUpJobSet(ctx context.Context, mgr ctrl.Manager) error {
	if err := jobsetcontrollers.SetupJobSetIndexes(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	if err := jobsetcontrollers.SetupPodIndexes(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	jobs := jobsetcontrollers.NewJobSetReconciler(mgr.GetClient(), mgr.GetScheme(), mgr.GetEventRecorder("jobset"))
	pods := jobsetcontrollers.NewPodReconciler(mgr.GetClient(), mgr.GetScheme(), mgr.GetEventRecorder("pod"))
	return errors.Join(jobs.SetupWithManager(mgr), pods.SetupWithManager(mgr), jobsetwebhooks.Setup(mgr))
}

func setUpTrainer(ctx context.Context, mgr ctrl.Manager) error {
	config := &trainerconfig.Configuration{}
	mgr.GetScheme().Default(config)
	runtimes, err := trainerruntime.New(ctx, mgr.GetClient(), mgr.GetFieldIndexer(), config)
	if err != nil {
		return err
	}
	if name, err := trainercontroller.SetupControllers(mgr, runtimes, controller.Options{}); err != nil {
		return fmt.Errorf("controller of %s: %w", name, err)
	}
	if name, err := trainerwebhooks.Setup(mgr, runtimes); err != nil {
		return fmt.Errorf("webhook of %s: %w", name, err)
	}
	return nil
}
